// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// Reads an app's JSON Schema: follows what leads elsewhere in it, and tells types as people write them.
struct SchemaReader {
    /// Most steps into the schema, and references followed in a row.
    static let maximumDepth = 32
    /// Most levels of a type that are written out, and alternatives at each.
    private static let maximumWrittenDepth = 4
    private static let maximumWrittenOptions = 12
    /// Most characters of a default that are shown.
    private static let maximumShownDefault = 40

    private let root: JSONValue

    /// A reader of a whole schema, whose `$ref`s lead into itself.
    init(_ schema: JSONValue) { root = schema }

    /// The schema with its `$ref` followed and its `allOf` put together.
    func resolved(_ schema: JSONValue, depth: Int = 0) -> JSONValue {
        var schema = schema
        for _ in 0..<Self.maximumDepth {
            guard let reference = schema["$ref"]?.stringValue else { break }
            let next = target(reference)
            // What stands beside a reference counts too.
            schema = Self.merged(next, schema, without: "$ref")
        }
        guard let parts = schema["allOf"]?.arrayValue, depth < Self.maximumDepth else { return schema }
        return parts.reduce(Self.merged([:], schema, without: "allOf")) { whole, part in
            Self.merged(resolved(part, depth: depth + 1), whole, without: "")
        }
    }

    private func target(_ reference: String) -> JSONValue {
        guard reference.utf8.starts(with: "#/".utf8) else { return [:] }
        var place = root
        for part in reference.dropFirst(2).split(separator: "/", omittingEmptySubsequences: false) {
            let name = part.replacing("~1", with: "/").replacing("~0", with: "~")
            guard let next = place[String(name)] else { return [:] }
            place = next
        }
        return place
    }

    /// Two schemas as one; of equal members the second one's is taken, but for those that add up.
    private static func merged(_ first: JSONValue, _ second: JSONValue, without name: String) -> JSONValue {
        var object = first.objectValue ?? [:]
        object[name] = nil
        for member in second.objectValue ?? [:] where member.key != name {
            switch (member.key, object[member.key], member.value) {
            case ("properties", .object(let known)?, .object(let more)):
                var all = known
                for property in more { all[property.key] = property.value }
                object["properties"] = .object(all)
            case ("required", .array(let known)?, .array(let more)): object["required"] = .array(known + more)
            default: object[member.key] = member.value
            }
        }
        return .object(object)
    }

    /// A value's type in words: `file`, `string[]`, `jpeg|png`, `(integer|string)[]`; `any` where the schema says
    /// nothing. That a value may be null is left out where it may be something else.
    func type(of raw: JSONValue, depth: Int = 0) -> String {
        guard depth <= Self.maximumWrittenDepth else { return "any" }
        let schema = resolved(raw)
        if schema["format"]?.stringValue == "file" { return "file" }
        if let constant = schema["const"] { return Self.text(constant) }
        if let values = schema["enum"]?.arrayValue { return Self.joined(values.map(Self.text), isOfTypes: false) }
        for key in ["anyOf", "oneOf"] {
            guard let options = schema[key]?.arrayValue else { continue }
            return Self.joined(options.prefix(Self.maximumWrittenOptions).map { type(of: $0, depth: depth + 1) })
        }
        var names = schema["type"]?.arrayValue?.compactMap(\.stringValue) ?? []
        if let name = schema["type"]?.stringValue { names = [name] }
        if names.isEmpty, schema["properties"] != nil { names = ["object"] }
        if names.isEmpty, schema["items"] != nil { names = ["array"] }
        return Self.joined(names.map { $0 == "array" ? array(schema, depth) : $0 })
    }

    private func array(_ schema: JSONValue, _ depth: Int) -> String {
        guard let items = schema["items"], items.objectValue != nil else { return "array" }
        let element = type(of: items, depth: depth + 1)
        return element.utf8.contains(UInt8(ascii: "|")) ? "(\(element))[]" : "\(element)[]"
    }

    /// The default in words; nil if there is none, or it is null.
    func defaultText(of raw: JSONValue) -> String? {
        guard let value = resolved(raw)["default"], !value.isNull else { return nil }
        let text = Self.text(value)
        guard text.unicodeScalars.count > Self.maximumShownDefault else { return text.isEmpty ? "\"\"" : text }
        return String(String.UnicodeScalarView(text.unicodeScalars.prefix(Self.maximumShownDefault))) + "…"
    }

    private static func text(_ value: JSONValue) -> String { value.stringValue ?? "\(value)" }

    /// Names, each once, with bars between; null only where it stands alone.
    private static func joined(_ names: [String], isOfTypes: Bool = true) -> String {
        var kept: [String] = []
        for name in names where name != "null" && !kept.contains(name) { kept.append(name) }
        if kept.isEmpty { return names.isEmpty ? "any" : "null" }
        // What may be anything may be the rest too.
        return isOfTypes && kept.contains("any") ? "any" : kept.joined(separator: "|")
    }
}
