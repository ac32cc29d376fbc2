// SPDX-License-Identifier: Apache-2.0

/// An app's input or output schema: the part of JSON Schema (2020-12) that apps use.
///
/// Understood: `type`, `enum`, `const`, `properties`, `required`, `additionalProperties`, `items`, `minItems`,
/// `maxItems`, `minLength`, `maxLength`, `minimum`, `maximum`, `exclusiveMinimum`, `exclusiveMaximum`, `anyOf`,
/// `oneOf`, `allOf`, `$ref` into the same document, and `format: file`. Other keywords are ignored.
public struct JSONSchema: Sendable, Hashable {
    /// The whole document, for references.
    public let document: JSONValue
    /// The schema itself, a part of the document.
    public let root: JSONValue
    /// Most references followed in a row, against circles.
    static let maximumReferences = 32
    /// Most alternatives looked at for one value.
    static let maximumAlternatives = 256
    /// Most parts of `anyOf`, `oneOf` and `allOf` tried for one value, and for all of a document's values.
    static let maximumChoices = 100
    static let maximumTotalChoices = 200_000

    /// The schema of a document.
    public init(_ document: JSONValue) { self.init(document: document, root: document) }

    init(document: JSONValue, root: JSONValue) {
        self.document = document
        self.root = root
    }

    /// Whether it says anything at all.
    public var isEmpty: Bool { root.objectValue?.isEmpty ?? true }

    func subschema(_ json: JSONValue) -> JSONSchema { JSONSchema(document: document, root: json).resolved }

    /// The schema that references lead to.
    public var resolved: JSONSchema {
        var current = root
        for _ in 0..<Self.maximumReferences {
            guard let reference = current["$ref"]?.stringValue, let target = lookUp(reference) else { break }
            current = target
        }
        return JSONSchema(document: document, root: current)
    }

    private func lookUp(_ reference: String) -> JSONValue? {
        guard reference.utf8.first == UInt8(ascii: "#") else { return nil }
        var current = document
        for token in reference.dropFirst().split(separator: "/") {
            let key = String(token).replacing("~1", with: "/").replacing("~0", with: "~")
            guard let next = current[key] else { return nil }
            current = next
        }
        return current
    }

    /// Every schema that a value here may have to meet: this one, and what `$ref`, `anyOf`, `oneOf` and `allOf` lead
    /// to, at any depth, ``maximumAlternatives`` at most.
    public var alternatives: [JSONSchema] {
        var found: [JSONSchema] = []
        var waiting = [resolved]
        while let schema = waiting.popLast(), found.count < Self.maximumAlternatives {
            guard !found.contains(schema) else { continue }
            found.append(schema)
            for keyword in ["anyOf", "oneOf", "allOf"] {
                waiting += (schema.root[keyword]?.arrayValue ?? []).map(subschema)
            }
        }
        return found
    }

    /// Whether a value here is a file, by one of the alternatives at least.
    public var acceptsFile: Bool {
        alternatives.contains { $0.root["format"]?.stringValue == "file" }
    }

    /// Whether the schema says that a value here is a string that is no file.
    public var isPlainString: Bool {
        !acceptsFile && alternatives.contains { $0.types.contains("string") }
    }

    /// The allowed types; empty for any.
    var types: [String] {
        if let one = root["type"]?.stringValue { return [one] }
        return root["type"]?.arrayValue?.compactMap(\.stringValue) ?? []
    }

    /// The schema of an object's member, from all alternatives that say something of it; nil if none does.
    public func member(_ name: String) -> JSONSchema? {
        combined(
            alternatives.compactMap { alternative in
                if let schema = alternative.root["properties"]?[name] { return schema }
                return alternative.root["additionalProperties"].flatMap { $0.objectValue == nil ? nil : $0 }
            })
    }

    /// The schema of an array's elements, from all alternatives that say something of them; nil if none does.
    public var element: JSONSchema? {
        combined(
            alternatives.flatMap { alternative in
                [alternative.root["items"]].compactMap { $0 }.filter { $0.objectValue != nil }
                    + (alternative.root["prefixItems"]?.arrayValue ?? [])
            })
    }

    /// One schema that leads to all of these.
    private func combined(_ schemas: [JSONValue]) -> JSONSchema? {
        guard let first = schemas.first else { return nil }
        return subschema(schemas.count == 1 ? first : ["anyOf": .array(schemas)])
    }
}
