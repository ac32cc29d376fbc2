// SPDX-License-Identifier: Apache-2.0

/// A reader of `Content-Disposition`.
package enum ReferenceDisposition {
    /// The bytes of the name: of the first good extended one, else of the last plain one.
    package static func filename(in header: String) -> [UInt8]? {
        let parameters = parameters(of: header)
        for parameter in parameters where parameter.name == "filename*" {
            if let decoded = extended(parameter.value) { return decoded }
        }
        return parameters.last { $0.name == "filename" }?.value
    }

    /// The parameters by a walk that knows three states: a name, a bare value, a quoted value.
    package static func parameters(of header: String) -> [(name: String, value: [UInt8])] {
        var parameters: [(String, [UInt8])] = []
        let bytes = Array(header.utf8)
        var place = bytes.firstIndex(of: 0x3B).map { $0 + 1 } ?? bytes.count
        while place < bytes.count {
            var name: [UInt8] = []
            while place < bytes.count, bytes[place] != 0x3D, bytes[place] != 0x3B {
                if bytes[place] != 0x20 { name.append(bytes[place]) }
                place += 1
            }
            guard place < bytes.count, bytes[place] == 0x3D else {
                place += 1
                continue
            }
            place += 1
            while place < bytes.count, bytes[place] == 0x20 || bytes[place] == 0x09 { place += 1 }
            var value: [UInt8] = []
            if place < bytes.count, bytes[place] == 0x22 {
                place += 1
                while place < bytes.count, bytes[place] != 0x22 {
                    if bytes[place] == 0x5C, place + 1 < bytes.count { place += 1 }
                    value.append(bytes[place])
                    place += 1
                }
                while place < bytes.count, bytes[place] != 0x3B { place += 1 }
            } else {
                while place < bytes.count, bytes[place] != 0x3B {
                    value.append(bytes[place])
                    place += 1
                }
                while value.last == 0x20 { value.removeLast() }
            }
            place += 1
            // Names are ASCII; the header's replacement characters stay what they are.
            let lowered = name.map { $0 >= 0x41 && $0 <= 0x5A ? $0 + 0x20 : $0 }
            parameters.append((String(decoding: lowered, as: UTF8.self), value))
        }
        return parameters
    }

    /// RFC 8187 section 3.2; nil if it is not UTF-8 in the end.
    private static func extended(_ value: [UInt8]) -> [UInt8]? {
        let parts = value.split(separator: 0x27, maxSplits: 2, omittingEmptySubsequences: false).map(Array.init)
        let isUTF8 = parts[0].map { $0 >= 0x41 && $0 <= 0x5A ? $0 + 0x20 : $0 } == Array("utf-8".utf8)
        guard parts.count == 3, isUTF8 else { return nil }
        var decoded: [UInt8] = []
        var place = 0
        while place < parts[2].count {
            let digits = parts[2][place...].dropFirst().prefix(2)
            let text = String(decoding: digits, as: UTF8.self)
            if parts[2][place] == 0x25, digits.count == 2, digits.allSatisfy({ $0 != 0x2B && $0 != 0x2D }),
                let byte = UInt8(text, radix: 16)
            {
                decoded.append(byte)
                place += 3
            } else {
                decoded.append(parts[2][place])
                place += 1
            }
        }
        return String(validating: decoded, as: UTF8.self) == nil ? nil : decoded
    }
}
