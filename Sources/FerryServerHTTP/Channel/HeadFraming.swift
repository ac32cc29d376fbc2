// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore

/// What the head of one request says about its body, gathered line by line.
struct HeadFraming {
    /// How the body's end is told.
    enum Body: Equatable {
        case none
        case length(Int64)
        case chunked
    }

    private let limits: ConnectionLimits
    private var size = 0
    private var fields = 0
    private var isOld = false
    private var hosts = 0
    private var length: Int64?
    private var isChunked = false

    init(limits: ConnectionLimits) { self.limits = limits }

    /// How many bytes more the head and the trailers may have.
    var bytesLeft: Int { max(0, limits.maximumHeadSize - size) }

    var tooLarge: ServerError {
        ServerError(
            .headersTooLarge,
            "the request line and the headers may have \(limits.maximumHeadSize) bytes in \(limits.maximumFields) fields"
        )
    }

    private static func malformed(_ what: String) -> ServerError { ServerError(.invalidRequest, what) }

    /// `method target HTTP/1.x`, with one space between.
    mutating func takeRequestLine(_ line: [UInt8]) throws(ServerError) {
        size += line.count + 2
        let parts = line.split(separator: Byte.space, omittingEmptySubsequences: false)
        guard parts.count == 3, Self.isToken(parts[0]), !parts[1].isEmpty,
            parts[1].allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw Self.malformed("malformed request line; write the method, the path and HTTP/1.1") }
        guard !parts[0].elementsEqual("CONNECT".utf8) else { throw Self.malformed("this server is no tunnel") }
        guard parts[2].elementsEqual("HTTP/1.1".utf8) || parts[2].elementsEqual("HTTP/1.0".utf8) else {
            throw Self.malformed("not HTTP/1.1")
        }
        isOld = parts[2].last == UInt8(ascii: "0")
    }

    /// `name: value`; the name ends at its colon, and no line goes on in the next.
    mutating func takeField(_ line: [UInt8]) throws(ServerError) {
        let (name, value) = try split(line)
        switch name {
        case "host": hosts += 1
        case "content-length":
            guard length == nil else { throw Self.malformed("a second Content-Length") }
            guard let number = Self.number(value) else { throw Self.malformed("malformed Content-Length") }
            length = number
        case "transfer-encoding":
            guard !isChunked, Self.lowercased(value) == "chunked" else {
                throw Self.malformed("this server knows the transfer encoding chunked only, once")
            }
            isChunked = true
        default: break
        }
    }

    /// A field behind a chunked body, which must not say anything of how the request is framed.
    mutating func takeTrailer(_ line: [UInt8]) throws(ServerError) {
        let (name, _) = try split(line)
        guard !["host", "content-length", "transfer-encoding", "trailer"].contains(name) else {
            throw Self.malformed("\(name) in a trailer")
        }
    }

    /// The empty line came: how the body's end is told.
    func end() throws(ServerError) -> Body {
        guard hosts == 1 || isOld && hosts == 0 else { throw Self.malformed("missing or second Host header") }
        if isChunked {
            guard length == nil else { throw Self.malformed("both Content-Length and Transfer-Encoding") }
            guard !isOld else { throw Self.malformed("Transfer-Encoding in HTTP/1.0") }
            return .chunked
        }
        return length.map { .length($0) } ?? .none
    }

    private mutating func split(_ line: [UInt8]) throws(ServerError) -> (name: String, value: ArraySlice<UInt8>) {
        size += line.count + 2
        fields += 1
        guard size <= limits.maximumHeadSize, fields <= limits.maximumFields else { throw tooLarge }
        guard line.first != Byte.space, line.first != Byte.tab else {
            throw Self.malformed("a folded header; write each in one line")
        }
        guard let colon = line.firstIndex(of: Byte.colon), Self.isToken(line[..<colon]) else {
            throw Self.malformed("malformed header; a name is followed by its colon at once")
        }
        var value = line[(colon + 1)...]
        while let byte = value.first, byte == Byte.space || byte == Byte.tab { value.removeFirst() }
        while let byte = value.last, byte == Byte.space || byte == Byte.tab { value.removeLast() }
        guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == Byte.tab }) else {
            throw Self.malformed("a control character in a header")
        }
        return (Self.lowercased(line[..<colon]), value)
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
        guard (1...19).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int64(String(decoding: digits, as: UTF8.self))
    }

    private static func lowercased(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }

    private static func isToken(_ bytes: ArraySlice<UInt8>) -> Bool {
        !bytes.isEmpty
            && bytes.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: tokenMarks.contains(byte)
                }
            }
    }

    private static let tokenMarks = Array("!#$%&'*+-.^_`|~".utf8)
}
