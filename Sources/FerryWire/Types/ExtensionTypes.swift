// SPDX-License-Identifier: Apache-2.0

/// A system's table of file name extensions and the media types they stand for.
package struct ExtensionTypes: Sendable, Hashable {
    /// Most bytes of a table that are read.
    package static let maximumSize = 4 << 20

    private var types: [String: String] = [:]

    /// Reads a table of the shared MIME database (`globs2`): lines of `weight:type:*.extension`, the first of an
    /// extension counts. Other patterns and unreadable lines are skipped.
    package init(globs2 text: [UInt8]) {
        for line in text.split(separator: UInt8(ascii: "\n")) where line.first != UInt8(ascii: "#") {
            let fields = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            guard fields.count >= 3, fields[2].starts(with: "*.".utf8) else { continue }
            add(fields[2].dropFirst(2), type: fields[1])
        }
    }

    /// Reads a table of the older kind (`mime.types`): lines of a type and its extensions.
    package init(mimeTypes text: [UInt8]) {
        for line in text.split(separator: UInt8(ascii: "\n")) where line.first != UInt8(ascii: "#") {
            let words = line.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
            for suffix in words.dropFirst() { add(suffix, type: words[0]) }
        }
    }

    private mutating func add(_ suffix: ArraySlice<UInt8>, type: ArraySlice<UInt8>) {
        guard !suffix.isEmpty, suffix.allSatisfy({ (0x21...0x7E).contains($0) && !"*?[]".utf8.contains($0) }),
            let type = MediaType(String(decoding: type, as: UTF8.self))
        else { return }
        let key = String(decoding: suffix, as: UTF8.self).lowercased()
        if types[key] == nil { types[key] = type.essence }
    }

    /// How many extensions it knows.
    package var count: Int { types.count }

    /// The media type for a file name, by the longest extension that is known; nil if none is.
    package func type(ofFilename name: String) -> String? {
        guard let last = name.utf8.split(separator: UInt8(ascii: "/")).last else { return nil }
        // A name that is nothing but an extension has none.
        var rest = last.dropFirst()
        while let dot = rest.firstIndex(of: UInt8(ascii: ".")) {
            rest = rest[rest.index(after: dot)...]
            if let type = types[String(Substring(rest)).lowercased()] { return type }
        }
        return nil
    }
}
