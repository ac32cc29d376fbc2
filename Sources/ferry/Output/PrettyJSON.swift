// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// JSON as people read it: one member a line, two spaces a level.
enum PrettyJSON {
    /// The text, without a line end after it.
    static func text(_ value: JSONValue) -> String {
        var output: [UInt8] = []
        write(value, indent: 0, into: &output)
        return String(decoding: output, as: UTF8.self)
    }

    private static func write(_ value: JSONValue, indent: Int, into output: inout [UInt8]) {
        switch value {
        case .array(let elements) where !elements.isEmpty:
            output.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                breakLine(index > 0, indent + 1, into: &output)
                write(element, indent: indent + 1, into: &output)
            }
            breakLine(false, indent, into: &output)
            output.append(UInt8(ascii: "]"))
        case .object(let members) where !members.isEmpty:
            output.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                breakLine(index > 0, indent + 1, into: &output)
                JSONValue.string(member.key).serialize(into: &output)
                output.append(contentsOf: ": ".utf8)
                write(member.value, indent: indent + 1, into: &output)
            }
            breakLine(false, indent, into: &output)
            output.append(UInt8(ascii: "}"))
        default: value.serialize(into: &output)
        }
    }

    private static func breakLine(_ comma: Bool, _ indent: Int, into output: inout [UInt8]) {
        if comma { output.append(UInt8(ascii: ",")) }
        output.append(UInt8(ascii: "\n"))
        output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: indent * 2))
    }
}
