// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// Decides, for each value of an input, whether it is a file. Looks at the file system by ``PathLookup`` only.
struct UploadPlanner: Sendable {
    let policy: UploadPolicy
    let lookup: any PathLookup
    /// Most bytes of a data URI or base64 text.
    let maximumInlineSize: Int

    /// The plan for an input.
    ///
    /// - Parameter schema: the app's input schema; nil if it has none.
    /// - Throws: ``FerryError`` (`invalidInput`) for an input nested too deep.
    func plan(_ input: InputValue, schema: JSONSchema?) throws -> UploadPlan {
        var entries: [UploadPlan.Entry] = []
        let node = try walk(
            input, Position(schema: schema?.resolved, pointer: .root, isTrusted: true), into: &entries)
        return UploadPlan(entries: entries, input: node)
    }

    /// Where the walk is.
    struct Position {
        var schema: JSONSchema?
        var pointer: JSONPointer
        var isTrusted: Bool

        func member(_ name: String) -> Position {
            Position(schema: schema?.member(name), pointer: pointer.appending(name), isTrusted: isTrusted)
        }

        func element(_ index: Int) -> Position {
            Position(schema: schema?.element, pointer: pointer.appending(index), isTrusted: isTrusted)
        }
    }

    private func walk(
        _ value: InputValue, _ position: Position, into entries: inout [UploadPlan.Entry]
    ) throws -> UploadPlan.Node {
        guard position.pointer.tokens.count <= InputValue.maximumDepth else {
            throw FerryError(.invalidInput, "the input is nested deeper than \(InputValue.maximumDepth) levels")
                .at(position.pointer)
        }
        switch value {
        case .null: return .json(.null)
        case .bool(let value): return scalar(.bool(value), position, &entries)
        case .integer(let value): return scalar(.integer(value), position, &entries)
        case .double(let value): return scalar(.double(value), position, &entries)
        case .string(let text): return string(text, position, &entries)
        case .file(let file): return explicit(file, position, &entries)
        case .untrusted(let value):
            var position = position
            position.isTrusted = false
            return try walk(value, position, into: &entries)
        case .array(let elements):
            if let refused = refusedContainer("an array", position, &entries) { return refused }
            var nodes: [UploadPlan.Node] = []
            for (index, element) in elements.enumerated() {
                nodes.append(try walk(element, position.element(index), into: &entries))
            }
            return .array(nodes)
        case .object(let members): return try object(members, position, into: &entries)
        }
    }

    private func object(
        _ members: [(key: String, value: InputValue)], _ position: Position,
        into entries: inout [UploadPlan.Entry]
    ) throws -> UploadPlan.Node {
        if fileField(position) {
            // A record: what it says of the file beside its address is for the app.
            if let (_, value) = members.last(where: { $0.key == "uri" }), case .string(let uri) = value {
                var own = position
                own.pointer = position.pointer.appending("uri")
                let node = string(uri, own, &entries)
                guard case .json = node else { return node }
                return .json(.object(JSONObject(members: members.map { ($0.key, Self.plain($0.value)) })))
            }
            if let refused = refusedContainer("an object without a member uri", position, &entries) { return refused }
        }
        var nodes: [(key: String, value: UploadPlan.Node)] = []
        for (key, value) in members {
            nodes.append((key: key, value: try walk(value, position.member(key), into: &entries)))
        }
        return .object(nodes)
    }

    /// The value as JSON, for parts that hold no file.
    private static func plain(_ value: InputValue) -> JSONValue {
        switch value {
        case .null, .file: .null
        case .bool(let value): .bool(value)
        case .integer(let value): .integer(value)
        case .double(let value): .double(value)
        case .string(let value): .string(value)
        case .array(let elements): .array(elements.map(plain))
        case .object(let members): .object(JSONObject(members: members.map { ($0.key, plain($0.value)) }))
        case .untrusted(let value): plain(value)
        }
    }

    /// Whether the schema says that only a file may stand here.
    func fileField(_ position: Position) -> Bool {
        policy.mode == .schemaLed && position.isTrusted && position.schema?.acceptsFile == true
    }

    private func scalar(
        _ json: JSONValue, _ position: Position, _ entries: inout [UploadPlan.Entry]
    ) -> UploadPlan.Node {
        refusedContainer("a \(json.kind)", position, &entries) ?? .json(json)
    }

    /// A refusal of what can be no file where the schema wants one and nothing else.
    private func refusedContainer(
        _ what: String, _ position: Position, _ entries: inout [UploadPlan.Entry]
    ) -> UploadPlan.Node? {
        guard fileField(position), let schema = position.schema, schema.isFileAlone else {
            return nil
        }
        entries.append(
            UploadPlan.Entry(
                pointer: position.pointer, rule: .fileFieldMismatch, verdict: .refuse, source: what,
                reason: "expected a file, got \(what); give a path, a data: URI, base64 or an address"))
        return .json(.null)
    }
}

extension JSONSchema {
    /// Whether a value here is a file or nothing: no alternative allows anything beside a file.
    var isFileAlone: Bool {
        alternatives.allSatisfy { alternative in
            let isUnion = ["anyOf", "oneOf", "allOf"].contains { alternative.root[$0] != nil }
            return isUnion || alternative.root["format"]?.stringValue == "file"
                || alternative.root["type"]?.stringValue == "null"
        }
    }

    /// Whether it says anything of the type of a value.
    var saysType: Bool {
        guard let object = root.objectValue else { return false }
        let keywords = ["type", "enum", "const", "anyOf", "oneOf", "allOf", "properties", "items", "format"]
        return object.contains { keywords.contains($0.key) }
    }
}
