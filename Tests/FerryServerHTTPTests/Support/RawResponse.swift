// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// An answer as it came over the wire.
struct RawResponse {
    var status: Int
    var headers: [(name: String, value: String)]
    var body: [UInt8]
    /// The chunks it came in, if it was chunked.
    var chunks: [[UInt8]] = []

    /// The header's value; nil unless there is exactly one.
    func header(_ name: String) -> String? {
        let values = headers.filter { $0.name.lowercased() == name.lowercased() }
        return values.count == 1 ? values[0].value : nil
    }

    func hasHeader(_ name: String) -> Bool { headers.contains { $0.name.lowercased() == name.lowercased() } }

    var text: String { String(decoding: body, as: UTF8.self) }

    /// The body as JSON; null if it is none.
    var json: JSONValue { (try? JSONValue(parsing: body)) ?? .null }

    /// The value within the envelope.
    var data: JSONValue { json["data"] ?? .null }

    /// The code of a problem.
    var code: String { json["error"]?["code"]?.stringValue ?? "" }

    /// Reads an answer from the beginning of the bytes; nil if it is not whole yet.
    static func parse(_ bytes: [UInt8], toHead: Bool, hasEnded: Bool) -> (RawResponse, length: Int)? {
        guard let end = find([13, 10, 13, 10], in: bytes, from: 0) else { return nil }
        let lines = String(decoding: bytes[..<end], as: UTF8.self).components(by: "\r\n")
        let parts = lines[0].split(separator: " ", maxSplits: 2)
        guard parts.count >= 2, parts[0] == "HTTP/1.1", let status = Int(parts[1]) else { return nil }
        let headers = lines.dropFirst().map { line -> (name: String, value: String) in
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(parts[0]), parts.count > 1 ? String(parts[1].drop { $0 == " " }) : "")
        }
        var response = RawResponse(status: status, headers: headers, body: [])
        let start = end + 4
        if toHead || status < 200 || status == 204 || status == 304 { return (response, start) }
        if response.header("Transfer-Encoding") == "chunked" {
            guard let length = response.readChunks(bytes, from: start) else { return nil }
            return (response, length)
        }
        guard let length = response.header("Content-Length").flatMap({ Int($0) }) else {
            guard hasEnded else { return nil }
            response.body = Array(bytes[start...])
            return (response, bytes.count)
        }
        guard bytes.count >= start + length else { return nil }
        response.body = Array(bytes[start..<(start + length)])
        return (response, start + length)
    }

    private mutating func readChunks(_ bytes: [UInt8], from start: Int) -> Int? {
        var position = start
        while let lineEnd = Self.find([13, 10], in: bytes, from: position) {
            guard let size = Int(String(decoding: bytes[position..<lineEnd], as: UTF8.self), radix: 16) else {
                return nil
            }
            let begin = lineEnd + 2
            guard bytes.count >= begin + size + 2 else { return nil }
            position = begin + size + 2
            if size == 0 {
                body = chunks.flatMap { $0 }
                return position
            }
            chunks.append(Array(bytes[begin..<(begin + size)]))
        }
        return nil
    }

    private static func find(_ pattern: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        guard bytes.count >= start + pattern.count else { return nil }
        return (start...(bytes.count - pattern.count)).first { bytes[$0..<($0 + pattern.count)].elementsEqual(pattern) }
    }
}

extension String {
    /// The parts between separators, compared by bytes.
    func components(by separator: String) -> [String] {
        split(separator: separator, omittingEmptySubsequences: false).map { String($0) }
    }
}
