// SPDX-License-Identifier: Apache-2.0

internal import FerryWire

/// Looks through a JSON Schema for what nothing can meet: types that there are not, as of a typing error, and references
/// into the document that lead to nothing. Everything else is left alone, unknown keywords too.
///
/// Looked at are the schemas that `JSONSchema` reads, and all definitions.
struct SchemaCheck {
    /// The names of JSON Schema's types.
    static let types = ["string", "number", "integer", "boolean", "array", "object", "null"]
    /// Schemas deeper than this in the document are not looked at. Requests are not nested deeper.
    static let maximumDepth = 128
    /// Most references followed; more are left alone, since each takes a search.
    static let maximumReferences = 1_000

    /// Keywords whose value is a schema, a list of schemas, and schemas by name.
    private static let single = ["items", "additionalItems", "additionalProperties"]
    private static let lists = ["items", "prefixItems", "anyOf", "oneOf", "allOf"]
    private static let named = ["properties", "$defs", "definitions"]

    /// A schema in the document.
    private struct Place {
        let pointer: JSONPointer
        let schema: JSONValue
        /// What references are meant in: a schema with an `$id` is a document of its own.
        let base: JSONValue
    }

    private let document: JSONValue
    private var places: [Place] = []
    private var known: Set<JSONPointer> = []
    private var references = 0

    init(_ document: JSONValue) { self.document = document }

    /// The first thing that is wrong, outer schemas before inner ones; nil if nothing is.
    mutating func firstProblem() -> WireFormatError? {
        places = []
        known = []
        references = 0
        add(document, at: .root, in: document)
        var next = 0
        while next < places.count {
            if let problem = look(at: places[next]) { return problem }
            next += 1
        }
        return nil
    }

    /// A type as a message shows it.
    static func shown(_ type: JSONValue) -> String {
        type.stringValue.map { "\"\(String($0.unicodeScalars.prefix(20)))\"" } ?? "of the type \(type.kind)"
    }

    private mutating func add(_ schema: JSONValue, at pointer: JSONPointer, in base: JSONValue) {
        guard let members = schema.objectValue, pointer.tokens.count <= Self.maximumDepth,
            known.insert(pointer).inserted
        else { return }
        places.append(
            Place(pointer: pointer, schema: schema, base: members["$id"]?.stringValue == nil ? base : schema))
    }

    private mutating func look(at place: Place) -> WireFormatError? {
        if let problem = typeProblem(place) { return problem }
        if let problem = referenceProblem(place) { return problem }
        for keyword in Self.single {
            guard let schema = place.schema[keyword] else { continue }
            add(schema, at: place.pointer.appending(keyword), in: place.base)
        }
        for keyword in Self.lists {
            for (index, schema) in (place.schema[keyword]?.arrayValue ?? []).enumerated() {
                add(schema, at: place.pointer.appending(keyword).appending(index), in: place.base)
            }
        }
        for keyword in Self.named {
            for (name, schema) in place.schema[keyword]?.objectValue ?? [:] {
                add(schema, at: place.pointer.appending(keyword).appending(name), in: place.base)
            }
        }
        return nil
    }

    private func typeProblem(_ place: Place) -> WireFormatError? {
        guard let type = place.schema["type"] else { return nil }
        let pointer = place.pointer.appending("type")
        guard let several = type.arrayValue else { return nameProblem(type, at: pointer) }
        for (index, name) in several.enumerated() {
            if let problem = nameProblem(name, at: pointer.appending(index)) { return problem }
        }
        return nil
    }

    private func nameProblem(_ name: JSONValue, at pointer: JSONPointer) -> WireFormatError? {
        if let text = name.stringValue, Self.types.contains(text) { return nil }
        let hint = name.isNull ? "; write null in quotes" : ""
        return WireFormatError(
            pointer: pointer,
            reason: "is \(Self.shown(name)), but must be one of \(Self.types.joined(separator: ", "))\(hint)")
    }

    /// What a reference leads to is looked at too, wherever in the document it is.
    private mutating func referenceProblem(_ place: Place) -> WireFormatError? {
        guard references < Self.maximumReferences,
            let reference = place.schema["$ref"]?.stringValue, reference.utf8.starts(with: "#/".utf8),
            let fragment = String(validating: PercentEncoding.decode(Array(reference.utf8.dropFirst())), as: UTF8.self)
        else { return nil }
        references += 1
        let tokens = fragment.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map {
            String($0).replacing("~1", with: "/").replacing("~0", with: "~")
        }
        if let target = Self.find(tokens, in: document) {
            add(target, at: JSONPointer(tokens: tokens), in: place.base)
        } else if Self.find(tokens, in: place.base) == nil {
            let shown = String(String.UnicodeScalarView(reference.unicodeScalars.prefix(100)))
            return WireFormatError(
                pointer: place.pointer.appending("$ref"),
                reason: "\(shown) leads to nothing in this schema; name one of its definitions, as #/$defs/NAME")
        }
        return nil
    }

    private static func find(_ tokens: [String], in document: JSONValue) -> JSONValue? {
        var current = document
        for token in tokens {
            guard let next = current[token] ?? Int(token).flatMap({ current[$0] }) else { return nil }
            current = next
        }
        return current
    }
}
