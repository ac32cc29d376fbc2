// SPDX-License-Identifier: Apache-2.0

extension JSONValue {
    /// Parses strict JSON text.
    ///
    /// - Throws: ``JSONSyntaxError`` for anything RFC 8259 does not allow, duplicate names, or input beyond `limits`.
    public init(parsing bytes: some Sequence<UInt8>, limits: JSONLimits = .standard) throws(JSONSyntaxError) {
        let outcome: Result<JSONValue, JSONSyntaxError>
        if let result = bytes.withContiguousStorageIfAvailable({ Self.parse($0, limits: limits) }) {
            outcome = result
        } else {
            outcome = Array(bytes).withUnsafeBufferPointer { Self.parse($0, limits: limits) }
        }
        self = try outcome.get()
    }

    /// Parses strict JSON text.
    public init(parsing text: String, limits: JSONLimits = .standard) throws(JSONSyntaxError) {
        try self.init(parsing: Array(text.utf8), limits: limits)
    }

    private static func parse(
        _ buffer: UnsafeBufferPointer<UInt8>, limits: JSONLimits
    ) -> Result<JSONValue, JSONSyntaxError> {
        Result { () throws(JSONSyntaxError) -> JSONValue in try JSONParser.parse(buffer, limits: limits) }
    }

    /// The value as compact JSON text.
    ///
    /// U+0085, U+2028 and U+2029 are escaped, because line-based clients take them for line ends. Numbers that JSON
    /// cannot hold (NaN, infinities) become `null`.
    public func serialized() -> [UInt8] {
        var output: [UInt8] = []
        serialize(into: &output)
        return output
    }

    /// Appends the value as compact JSON text.
    public func serialize(into output: inout [UInt8]) {
        switch self {
        case .null: output.append(contentsOf: "null".utf8)
        case .bool(let value): output.append(contentsOf: (value ? "true" : "false").utf8)
        case .integer(let value): output.append(contentsOf: String(value).utf8)
        case .double(let value): output.append(contentsOf: (value.isFinite ? "\(value)" : "null").utf8)
        case .string(let value): Self.serialize(value, into: &output)
        case .array(let elements):
            output.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                element.serialize(into: &output)
            }
            output.append(UInt8(ascii: "]"))
        case .object(let members):
            output.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                Self.serialize(member.key, into: &output)
                output.append(UInt8(ascii: ":"))
                member.value.serialize(into: &output)
            }
            output.append(UInt8(ascii: "}"))
        }
    }

    private static func serialize(_ text: String, into output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": output.append(contentsOf: #"\""#.utf8)
            case "\\": output.append(contentsOf: #"\\"#.utf8)
            case "\n": output.append(contentsOf: #"\n"#.utf8)
            case "\r": output.append(contentsOf: #"\r"#.utf8)
            case "\t": output.append(contentsOf: #"\t"#.utf8)
            case "\u{0}"..."\u{1F}", "\u{7F}", "\u{85}", "\u{2028}", "\u{2029}":
                let hex = String(scalar.value, radix: 16)
                output.append(contentsOf: "\\u".utf8)
                output.append(contentsOf: String(repeating: "0", count: 4 - hex.utf8.count).utf8)
                output.append(contentsOf: hex.utf8)
            default:
                if scalar.isASCII {
                    output.append(UInt8(truncatingIfNeeded: scalar.value))
                } else {
                    output.append(contentsOf: UTF8.encode(scalar) ?? .init())
                }
            }
        }
        output.append(UInt8(ascii: "\""))
    }
}
