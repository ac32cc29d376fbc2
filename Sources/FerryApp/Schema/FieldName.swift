// SPDX-License-Identifier: Apache-2.0

/// What a property is called in JSON.
enum FieldName {
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
