// SPDX-License-Identifier: Apache-2.0

import FerryClient
import FerryWire

/// An input as a line may show it.
enum SampleText {
    /// Most bytes shown.
    static let maximumLength = 400

    /// Compact JSON with files as `<name, size>`, cut where it is long.
    static func text(_ input: InputValue) -> String {
        let whole = write(input)
        guard whole.utf8.count > maximumLength else { return whole }
        return String(decoding: whole.utf8.prefix(maximumLength), as: UTF8.self) + "…"
    }

    private static func write(_ value: InputValue) -> String {
        switch value {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .double(let value): "\(JSONValue.double(value))"
        case .string(let value): "\(JSONValue.string(value))"
        case .array(let elements): "[" + elements.map(write).joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.map { "\(JSONValue.string($0.key)):\(write($0.value))" }.joined(separator: ",") + "}"
        case .file(.data(let bytes, let filename, _)):
            "<\(filename ?? "file"), \(ByteSize.text(Int64(bytes.count)))>"
        case .file(.path(let path)): "<\(path)>"
        case .file: "<file>"
        case .untrusted(let value): write(value)
        }
    }
}
