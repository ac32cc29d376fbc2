// SPDX-License-Identifier: Apache-2.0

/// The parts of a media type, read as browsers do (WHATWG MIME sniffing standard, section 4): what makes no sense
/// among the parameters is left out, and of equal names the first counts.
struct MediaTypeSyntax {
    /// `type/subtype` in lower case.
    private(set) var essence: [UInt8]
    /// Names in lower case, values without their quotes.
    private(set) var parameters: [(name: [UInt8], value: [UInt8])] = []
    /// Whether every parameter made sense.
    private(set) var isExact = true

    /// Nil unless the text begins with `token/token`.
    init?(_ text: [UInt8]) {
        let semicolon = text.firstIndex(of: UInt8(ascii: ";")) ?? text.endIndex
        let parts = Self.trimmed(text[..<semicolon])
            .split(separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(MediaType.isToken) }) else {
            return nil
        }
        essence = Self.lowercased(parts[0]) + [UInt8(ascii: "/")] + Self.lowercased(parts[1])
        var rest = text[semicolon...]
        while rest.popFirst() != nil { takeParameter(&rest) }
    }

    /// The text of a header: `type/subtype;name=value;…`, values in quotes where they must be.
    var serialized: [UInt8] {
        var text = essence
        for (name, value) in parameters {
            text.append(UInt8(ascii: ";"))
            text += name + [UInt8(ascii: "=")]
            if !value.isEmpty, value.allSatisfy(MediaType.isToken) {
                text += value
                continue
            }
            text.append(UInt8(ascii: "\""))
            for byte in value {
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { text.append(UInt8(ascii: "\\")) }
                text.append(byte)
            }
            text.append(UInt8(ascii: "\""))
        }
        return text
    }

    /// Takes a parameter, up to the semicolon before the next one.
    private mutating func takeParameter(_ rest: inout ArraySlice<UInt8>) {
        rest = rest.drop(while: Self.isSpace)
        let name = Self.lowercased(
            Self.take(&rest) { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: "=") })
        guard rest.first == UInt8(ascii: "=") else {
            isExact = isExact && name.isEmpty
            return
        }
        rest.removeFirst()
        var value: [UInt8]
        if rest.first == UInt8(ascii: "\"") {
            rest.removeFirst()
            value = quoted(&rest)
            if !Self.trimmed(Self.take(&rest) { $0 != UInt8(ascii: ";") }).isEmpty { isExact = false }
        } else {
            value = Self.trimmedAtEnd(Self.take(&rest) { $0 != UInt8(ascii: ";") })
            if value.isEmpty {
                isExact = false
                return
            }
            if !value.allSatisfy(MediaType.isToken) { isExact = false }
        }
        guard !name.isEmpty, name.allSatisfy(MediaType.isToken), value.allSatisfy(Self.mayBeQuoted),
            !parameters.contains(where: { $0.name == name })
        else {
            isExact = false
            return
        }
        parameters.append((name, value))
    }

    /// Takes what stands before the closing quote, or everything if there is none.
    private mutating func quoted(_ rest: inout ArraySlice<UInt8>) -> [UInt8] {
        var value: [UInt8] = []
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\"") { return value }
            value.append(byte == UInt8(ascii: "\\") ? rest.popFirst() ?? byte : byte)
        }
        isExact = false
        return value
    }

    private static func take(_ rest: inout ArraySlice<UInt8>, _ isPart: (UInt8) -> Bool) -> ArraySlice<UInt8> {
        let taken = rest.prefix(while: isPart)
        rest = rest[taken.endIndex...]
        return taken
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }

    private static func mayBeQuoted(_ byte: UInt8) -> Bool { byte == 0x09 || byte >= 0x20 && byte != 0x7F }

    private static func lowercased(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        bytes.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> [UInt8] { trimmedAtEnd(bytes.drop(while: isSpace)) }

    private static func trimmedAtEnd(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var slice = bytes
        while let byte = slice.last, isSpace(byte) { slice.removeLast() }
        return Array(slice)
    }
}
