// SPDX-License-Identifier: Apache-2.0

/// A data URI by the steps of the fetch standard ("data: URL processor"), one after the other, and our four exceptions:
/// the URL-safe alphabet, `text/plain` alone for a type that is missing, `#` and line ends as data, no host behind `//`.
package struct ReferenceDataURI {
    package let mediaType: String
    package private(set) var isBase64 = false
    package let hasExplicitType: Bool
    package let payloadOffset: Int
    /// Nil if the payload does not decode.
    package let bytes: [UInt8]?

    /// Nil without a scheme or a comma, and for a type over 255 bytes.
    package init?(_ text: [UInt8]) {
        let scheme = text.prefix(5).map { $0 >= 0x41 && $0 <= 0x5A ? $0 + 0x20 : $0 }
        guard scheme == Array("data:".utf8), let comma = text.prefix(4096).firstIndex(of: 0x2C) else { return nil }
        payloadOffset = comma + 1
        let given = text[5..<comma]
        var type = Self.escaped(given)
        type = Self.stripped(type)
        if type.count >= 7, Self.lowercased(type.suffix(6)) == Array("base64".utf8) {
            let before = Self.stripped(type.dropLast(6), atStart: false)
            if before.last == 0x3B {
                isBase64 = true
                type = before.dropLast()
            }
        }
        let isMissing = type.isEmpty || type[0] == 0x3B
        if isMissing { type = Array("text/plain".utf8) + type }
        let parsed = Self.mediaType(type)
        guard (parsed?.utf8.count ?? 0) <= 255 else { return nil }
        let isRefused = given.contains { $0 == 0 || $0 == 0x0A || $0 == 0x0D } || parsed.map(Self.isWild) ?? true
        mediaType = isRefused ? "text/plain" : parsed ?? "text/plain"
        hasExplicitType = !isRefused && !isMissing
        let payload = Self.percentDecoded(text[(comma + 1)...])
        bytes = isBase64 ? ReferenceBase64.forgiving(payload) : payload
    }

    /// What the address parser does to each byte of a path that is opaque.
    private static func escaped(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var output: [UInt8] = []
        for byte in bytes where byte != 0x09 && byte != 0x0A && byte != 0x0D {
            if byte >= 0x20, byte < 0x7F {
                output.append(byte)
                continue
            }
            let digits = String(byte, radix: 16, uppercase: true)
            output += ("%" + (digits.utf8.count == 1 ? "0" : "") + digits).utf8
        }
        return output
    }

    private static func percentDecoded(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var decoded: [UInt8] = []
        var place = bytes.startIndex
        while place < bytes.endIndex {
            if bytes[place] == 0x25, place + 2 < bytes.endIndex, let high = digit(bytes[place + 1]),
                let low = digit(bytes[place + 2])
            {
                decoded.append(high * 16 + low)
                place += 3
            } else {
                decoded.append(bytes[place])
                place += 1
            }
        }
        return decoded
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46, 0x61...0x66: (byte | 0x20) - 0x61 + 10
        default: nil
        }
    }

    private static func isWild(_ type: String) -> Bool {
        let essence = type.utf8.prefix { $0 != 0x3B }
        return essence.first == 0x2A && essence.dropFirst().first == 0x2F || essence.suffix(2).elementsEqual("/*".utf8)
    }

    /// "Parse a MIME type" and "serialize a MIME type" of the sniffing standard; nil for failure.
    private static func mediaType(_ text: [UInt8]) -> String? {
        var place = 0
        func collect(until stop: UInt8, or other: UInt8? = nil) -> [UInt8] {
            let start = place
            while place < text.count, text[place] != stop, text[place] != other { place += 1 }
            return Array(text[start..<place])
        }
        let type = collect(until: 0x2F)
        guard isToken(type), place < text.count else { return nil }
        place += 1
        let subtype = stripped(collect(until: 0x3B), atStart: false)
        guard isToken(subtype) else { return nil }
        var parameters: [(name: [UInt8], value: [UInt8])] = []
        while place < text.count {
            place += 1
            while place < text.count, text[place] == 0x20 { place += 1 }
            let name = lowercased(collect(until: 0x3B, or: 0x3D))
            if place < text.count, text[place] == 0x3B { continue }
            place += 1
            guard place < text.count else { break }
            var value: [UInt8] = []
            if text[place] == 0x22 {
                place += 1
                while place < text.count, text[place] != 0x22 {
                    if text[place] == 0x5C, place + 1 < text.count { place += 1 }
                    value.append(text[place])
                    place += 1
                }
                _ = collect(until: 0x3B)
            } else {
                value = stripped(collect(until: 0x3B), atStart: false)
                if value.isEmpty { continue }
            }
            if isToken(name), !parameters.contains(where: { $0.name == name }) { parameters.append((name, value)) }
        }
        var serialized = lowercased(type) + [0x2F] + lowercased(subtype)
        for (name, value) in parameters {
            serialized += [0x3B] + name + [0x3D]
            serialized +=
                isToken(value)
                ? value : [0x22] + value.flatMap { $0 == 0x22 || $0 == 0x5C ? [0x5C, $0] : [$0] } + [0x22]
        }
        return String(decoding: serialized, as: UTF8.self)
    }

    private static func isToken(_ bytes: [UInt8]) -> Bool {
        !bytes.isEmpty && bytes.allSatisfy { isTokenByte[Int($0)] }
    }

    /// RFC 9110 section 5.6.2, as those visible characters that are no delimiter.
    private static let isTokenByte = (0...UInt8.max).map { byte in
        byte > 0x20 && byte < 0x7F && !"\"(),/:;<=>?@[\\]{}".utf8.contains(byte)
    }

    private static func lowercased(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        bytes.map { $0 >= 0x41 && $0 <= 0x5A ? $0 + 0x20 : $0 }
    }

    private static func stripped(_ bytes: some Sequence<UInt8>, atStart: Bool = true) -> [UInt8] {
        var bytes = Array(bytes)[...]
        while atStart, bytes.first == 0x20 { bytes.removeFirst() }
        while bytes.last == 0x20 { bytes.removeLast() }
        return Array(bytes)
    }
}
