// SPDX-License-Identifier: Apache-2.0

import FerryClient
import FerryWire

/// Makes an input that fits a JSON Schema: what is required, and what has a value to begin with.
///
/// Of each value the schema's own word comes first: `const`, then `examples`, `default` and `enum`; else the smallest
/// thing within its limits is made up. A file becomes a small generated one of the wanted type (``SampleFile``).
struct SchemaSampler {
    /// Most steps into the schema; what lies deeper becomes null.
    static let maximumDepth = 32
    /// Most elements made up for one array, and bytes for one text.
    static let maximumLength = 4_096

    private let root: JSONValue
    private let reader: SchemaReader

    /// A sampler for a whole schema, whose `$ref`s lead into itself.
    init(_ schema: JSONValue) {
        root = schema
        reader = SchemaReader(schema)
    }

    /// A sample of the whole.
    func sample() -> InputValue { value(root, name: "sample", depth: 0) }

    private func value(_ raw: JSONValue, name: String, depth: Int) -> InputValue {
        guard depth < Self.maximumDepth else { return .null }
        let schema = reader.resolved(raw, depth: depth)
        if schema["format"]?.stringValue == "file" { return .file(SampleFile.make(for: schema, name: name).input) }
        if let given = Self.given(schema) { return InputValue(given) }
        for key in ["anyOf", "oneOf"] {
            guard let options = schema[key]?.arrayValue else { continue }
            let first = options.first { reader.resolved($0, depth: depth + 1)["type"]?.stringValue != "null" }
            return first.map { value($0, name: name, depth: depth + 1) } ?? .null
        }
        switch Self.type(of: schema) {
        case "object": return object(schema, depth: depth)
        case "array": return array(schema, name: name, depth: depth)
        case "string": return .string(Self.text(schema, name: name))
        case "integer": return .integer(Self.integer(schema))
        case "number": return Self.number(schema)
        case "boolean": return .bool(false)
        case "null": return .null
        default: return .string(name)
        }
    }

    /// What the schema itself gives as a value.
    private static func given(_ schema: JSONValue) -> JSONValue? {
        if let constant = schema["const"] { return constant }
        if let example = schema["examples"]?.arrayValue?.first { return example }
        if let value = schema["default"], !value.isNull { return value }
        return schema["enum"]?.arrayValue?.first
    }

    private static func type(of schema: JSONValue) -> String? {
        if let name = schema["type"]?.stringValue { return name }
        if let names = schema["type"]?.arrayValue?.compactMap(\.stringValue) {
            return names.first { $0 != "null" } ?? "null"
        }
        if schema["properties"] != nil { return "object" }
        return schema["items"] != nil ? "array" : nil
    }

    private func object(_ schema: JSONValue, depth: Int) -> InputValue {
        let required = Set(schema["required"]?.arrayValue?.compactMap(\.stringValue) ?? [])
        var members: [(key: String, value: InputValue)] = []
        for property in schema["properties"]?.objectValue ?? [:] {
            let field = reader.resolved(property.value, depth: depth + 1)
            let isFile = field["format"]?.stringValue == "file"
            guard required.contains(property.key) || (!isFile && Self.given(field) != nil) else { continue }
            members.append((key: property.key, value: value(property.value, name: property.key, depth: depth + 1)))
        }
        return .object(members)
    }

    private func array(_ schema: JSONValue, name: String, depth: Int) -> InputValue {
        let maximum = Int(clamping: schema["maxItems"]?.integerValue ?? Int64(Self.maximumLength))
        let minimum = Int(clamping: schema["minItems"]?.integerValue ?? 1)
        // At least one: an app that does nothing shows nothing.
        let count = min(max(minimum, 1), maximum, Self.maximumLength)
        guard count > 0, let items = schema["items"] else { return .array([]) }
        return .array((0..<count).map { value(items, name: "\(name)-\($0 + 1)", depth: depth + 1) })
    }

    private static func text(_ schema: JSONValue, name: String) -> String {
        switch schema["format"]?.stringValue {
        case "date-time": return "2026-01-31T12:00:00Z"
        case "date": return "2026-01-31"
        case "time": return "12:00:00Z"
        case "email": return "somebody@example.com"
        case "uri", "url": return "https://example.com/"
        case "uuid": return "00000000-0000-4000-8000-000000000000"
        default: break
        }
        let minimum = Int(clamping: schema["minLength"]?.integerValue ?? 0)
        let maximum = Int(clamping: schema["maxLength"]?.integerValue ?? Int64(maximumLength))
        var text = "A sample of \(name)."
        while text.unicodeScalars.count < min(minimum, maximumLength) { text += " And more." }
        return String(String.UnicodeScalarView(text.unicodeScalars.prefix(max(0, min(max(minimum, 64), maximum)))))
    }

    private static func integer(_ schema: JSONValue) -> Int64 {
        var low = Int64.min
        var high = Int64.max
        if let bound = whole(schema["minimum"]) { low = bound }
        if let bound = whole(schema["exclusiveMinimum"]), bound < .max { low = max(low, bound + 1) }
        if let bound = whole(schema["maximum"]) { high = bound }
        if let bound = whole(schema["exclusiveMaximum"]), bound > .min { high = min(high, bound - 1) }
        let number = low <= high ? min(max(1, low), high) : low
        guard let step = schema["multipleOf"]?.integerValue, step > 1 else { return number }
        let (rounded, overflows) = (number / step).multipliedReportingOverflow(by: step)
        if overflows { return number }
        return rounded >= low && rounded >= 1 ? rounded : rounded &+ step
    }

    private static func whole(_ value: JSONValue?) -> Int64? {
        if let number = value?.integerValue { return number }
        guard let number = value?.doubleValue, abs(number) < 9e18 else { return nil }
        return Int64(number)
    }

    private static func number(_ schema: JSONValue) -> InputValue {
        let low = schema["minimum"]?.doubleValue ?? schema["exclusiveMinimum"]?.doubleValue.map { $0.nextUp }
        let high = schema["maximum"]?.doubleValue ?? schema["exclusiveMaximum"]?.doubleValue.map { $0.nextDown }
        switch (low, high) {
        case (let low?, let high?): return .double(min(max(1, low), max(low, high)))
        case (let low?, nil): return .double(max(1, low))
        case (nil, let high?): return .double(min(1, high))
        case (nil, nil): return .double(1)
        }
    }
}
