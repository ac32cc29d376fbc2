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

    /// The alternatives of `anyOf` and `oneOf`; the schema itself if there are none.
    public var alternatives: [JSONSchema] {
        let choices = (root["anyOf"]?.arrayValue ?? []) + (root["oneOf"]?.arrayValue ?? [])
        return choices.isEmpty ? [self] : choices.map(subschema)
    }

    /// Whether a value here is a file, in one of the alternatives at least.
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

    /// The schema of an object's member; nil if nothing is said of it.
    public func member(_ name: String) -> JSONSchema? {
        var parts = Self.maximumReferences
        return member(name, &parts)
    }

    /// - Parameter limit: how many parts of `allOf` may still be looked into.
    private func member(_ name: String, _ limit: inout Int) -> JSONSchema? {
        for alternative in alternatives {
            if let schema = alternative.root["properties"]?[name] { return subschema(schema) }
            for part in alternative.root["allOf"]?.arrayValue ?? [] where limit > 0 {
                limit -= 1
                if let found = subschema(part).member(name, &limit) { return found }
            }
            if let schema = alternative.root["additionalProperties"], schema.objectValue != nil {
                return subschema(schema)
            }
        }
        return nil
    }

    /// The schema of an array's elements; nil if nothing is said of them.
    public var element: JSONSchema? {
        for alternative in alternatives {
            if let schema = alternative.root["items"], schema.objectValue != nil { return subschema(schema) }
        }
        return nil
    }
}
