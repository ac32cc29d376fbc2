// SPDX-License-Identifier: Apache-2.0

/// An app's input or output schema: the part of JSON Schema (2020-12) that apps use.
///
/// Understood: `type`, `enum`, `const`, `properties`, `required`, `additionalProperties`, `items`, `prefixItems`,
/// `minItems`, `maxItems`, `minLength`, `maxLength`, `minimum`, `maximum`, `exclusiveMinimum`, `exclusiveMaximum`,
/// `anyOf`, `oneOf`, `allOf`, `$ref` into the same document (by pointer or `$anchor`), and `format: file`. Other
/// keywords are ignored; a reference that leads elsewhere says nothing.
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
    /// Members that say nothing of a value, so that a reference beside them stands alone.
    private static let annotations: Set<String> = [
        "$ref", "$defs", "definitions", "$schema", "$id", "$anchor", "$comment", "title", "description", "default",
        "examples", "deprecated", "readOnly", "writeOnly",
    ]

    /// The schema of a document.
    public init(_ document: JSONValue) { self.init(document: document, root: document) }

    init(document: JSONValue, root: JSONValue) {
        self.document = document
        self.root = root
    }

    /// Whether it says anything at all.
    public var isEmpty: Bool { root.objectValue?.isEmpty ?? true }

    func subschema(_ json: JSONValue) -> JSONSchema { JSONSchema(document: document, root: json).resolved }

    /// The schema that references lead to, 32 in a row at most. What stands beside a reference holds too.
    public var resolved: JSONSchema {
        var current = root
        for _ in 0..<Self.maximumReferences {
            guard let reference = current["$ref"]?.stringValue, let target = lookUp(reference) else { break }
            let beside = (current.objectValue ?? [:]).filter { !Self.annotations.contains($0.key) }
            guard beside.isEmpty else {
                current = ["allOf": [target, .object(JSONObject(members: beside.map { ($0.key, $0.value) }))]]
                break
            }
            current = target
        }
        return JSONSchema(document: document, root: current)
    }

    private func lookUp(_ reference: String) -> JSONValue? {
        guard reference.utf8.first == UInt8(ascii: "#"),
            let fragment = String(validating: PercentEncoding.decode(Array(reference.utf8.dropFirst())), as: UTF8.self)
        else { return nil }
        guard fragment.isEmpty || fragment.utf8.first == UInt8(ascii: "/") else { return anchored(fragment) }
        var current = document
        for token in fragment.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
            let key = String(token).replacing("~1", with: "/").replacing("~0", with: "~")
            guard let next = current[key] ?? Int(key).flatMap({ current[$0] }) else { return nil }
            current = next
        }
        return current
    }

    /// The definition that bears the name as its `$anchor`.
    private func anchored(_ name: String) -> JSONValue? {
        for place in ["$defs", "definitions"] {
            for (_, value) in document[place]?.objectValue ?? [:] {
                if let anchor = value["$anchor"]?.stringValue, anchor.utf8.elementsEqual(name.utf8) { return value }
            }
        }
        return nil
    }

    /// Every schema that a value here may have to meet: this one, and what `$ref`, `anyOf`, `oneOf` and `allOf` lead
    /// to, at any depth, 256 at most.
    public var alternatives: [JSONSchema] {
        var found: [JSONSchema] = []
        var seen: Set<JSONValue> = []
        var waiting = [resolved]
        while let schema = waiting.popLast(), found.count < Self.maximumAlternatives {
            guard seen.insert(schema.root).inserted else { continue }
            found.append(schema)
            for keyword in ["anyOf", "oneOf", "allOf"] {
                waiting += (schema.root[keyword]?.arrayValue ?? []).map(subschema)
            }
        }
        return found
    }

    /// The allowed types; empty for any.
    var types: [String] {
        if let one = root["type"]?.stringValue { return [one] }
        return root["type"]?.arrayValue?.compactMap(\.stringValue) ?? []
    }

    /// The schema of an object's member, from all alternatives that say something of it; nil if none does.
    public func member(_ name: String) -> JSONSchema? {
        combined(
            alternatives.compactMap { alternative -> JSONValue? in
                if let schema = alternative.root["properties"]?[name] { return schema }
                guard let open = alternative.root["additionalProperties"], open.objectValue != nil else {
                    return nil
                }
                return open
            })
    }

    /// The schema of an array's elements wherever they stand, from all alternatives that say something of them; nil if
    /// none does.
    public var element: JSONSchema? {
        combined(alternatives.flatMap { $0.rest + $0.prefix })
    }

    /// The schema of the array's element at a position, from all alternatives that say something of it; nil if none
    /// does.
    public func element(at index: Int) -> JSONSchema? {
        combined(
            alternatives.flatMap { alternative in
                let prefix = alternative.prefix
                return index < prefix.count ? [prefix[index]] : alternative.rest
            })
    }

    /// Whether elements differ by position, in any alternative.
    public var hasPrefix: Bool { alternatives.contains { !$0.prefix.isEmpty } }

    /// The schemas of the first elements; older documents write them as a list in `items`.
    var prefix: [JSONValue] {
        root["prefixItems"]?.arrayValue ?? root["items"]?.arrayValue ?? []
    }

    /// The schema of the elements behind the first ones: one or none.
    var rest: [JSONValue] {
        let schema = root["items"]?.arrayValue == nil ? root["items"] : root["additionalItems"]
        return schema?.objectValue == nil ? [] : [schema].compactMap { $0 }
    }

    /// One schema that leads to all of these.
    private func combined(_ schemas: [JSONValue]) -> JSONSchema? {
        guard let first = schemas.first else { return nil }
        return subschema(schemas.count == 1 ? first : ["anyOf": .array(schemas)])
    }
}
