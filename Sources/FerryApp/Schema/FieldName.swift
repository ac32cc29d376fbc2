// SPDX-License-Identifier: Apache-2.0

/// What a property is called in JSON.
enum FieldName {
    /// Most words of a name that is looked for in other spellings.
    private static let maximumWords = 6

    /// What a key is called: the name of a property in snake_case; one that is data, as it is.
    static func json<Key: CodingKey>(_ key: Key) -> String {
        isData(Key.self) ? key.stringValue : json(key.stringValue)
    }

    /// Whether keys of a type are data, as those of a dictionary, and not the names of properties: it takes any text.
    private static func isData<Key: CodingKey>(_ type: Key.Type) -> Bool { Key(stringValue: "\u{1}") != nil }

    /// The key that a name in JSON stands for: that of exactly this name, else one that is written so in snake_case.
    ///
    /// - Parameter isGuessing: whether names in snake_case are turned back, which takes up to 96 tries.
    static func key<Key: CodingKey>(_ name: String, isGuessing: Bool) -> Key? {
        if let key = Key(stringValue: name) { return key }
        guard isGuessing else { return nil }
        let start = name.utf8.prefix { $0 == UInt8(ascii: "_") }
        let words = name.utf8.dropFirst(start.count).split(separator: UInt8(ascii: "_")).map { String(Substring($0)) }
        guard (1...maximumWords).contains(words.count) else { return nil }
        var spellings = [words[0], words[0].capitalizedWord, words[0].uppercased()]
        for word in words.dropFirst() {
            spellings = [word.capitalizedWord, word.uppercased()].flatMap { next in spellings.map { $0 + next } }
        }
        for spelling in spellings {
            guard let key = Key(stringValue: String(Substring(start)) + spelling) else { continue }
            if json(key.stringValue).utf8.elementsEqual(name.utf8) { return key }
        }
        return nil
    }

    /// The name in snake_case: `stripMetadata` is `strip_metadata`, `imageURL` is `image_url`. One that is written so
    /// already stays.
    static func json(_ property: String) -> String {
        let bytes = Array(property.utf8)
        var name: [UInt8] = []
        name.reserveCapacity(bytes.count + 4)
        for (index, byte) in bytes.enumerated() {
            guard isUpper(byte) else {
                name.append(byte)
                continue
            }
            let startsWord =
                index > 0 && bytes[index - 1] != UInt8(ascii: "_")
                && (!isUpper(bytes[index - 1]) || index + 1 < bytes.count && isLower(bytes[index + 1]))
            if startsWord { name.append(UInt8(ascii: "_")) }
            name.append(byte | 0x20)
        }
        return String(decoding: name, as: UTF8.self)
    }

    private static func isUpper(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") }
    private static func isLower(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") }
}

extension String {
    /// The first letter in upper case.
    fileprivate var capitalizedWord: String { prefix(1).uppercased() + dropFirst() }
}
