// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// Decides, for each value of an input, whether it is a file. Looks at the file system by ``PathLookup`` only, and only
/// for strings that may be files where they stand.
struct UploadPlanner: Sendable {
    let policy: UploadPolicy
    let lookup: any PathLookup
    /// Most bytes of a data URI or base64 text.
    let maximumInlineSize: Int

    /// The plan for an input.
    ///
    /// - Parameter schema: the app's input schema; nil if it has none.
    /// - Throws: ``FerryError`` (`invalidInput`) for an input nested deeper than ``InputValue/maximumDepth``.
    func plan(_ input: InputValue, schema: JSONSchema?) throws -> UploadPlan {
        var state = State()
        let node = try walk(input, Position(Place(schema), .root), &state)
        return UploadPlan(entries: state.entries, input: node)
    }

    /// What has been decided so far.
    struct State {
        var entries: [UploadPlan.Entry] = []
        /// Files named by strings.
        var files = 0
    }

    /// What the schema says of a place; made once for all elements of a list.
    struct Place {
        let schema: JSONSchema?
        let role: JSONSchema.StringRole
        /// Whether a file may stand here.
        let acceptsFile: Bool
        /// Whether nothing but a file may stand here.
        let isFileAlone: Bool

        init(_ schema: JSONSchema?) {
            self.schema = schema
            role = schema?.stringRole ?? .untyped
            acceptsFile = schema?.acceptsFile ?? false
            isFileAlone = acceptsFile && schema?.isFileAlone ?? false
        }
    }

    /// Where the walk is.
    struct Position {
        var place: Place
        var pointer: JSONPointer
        var isTrusted = true
        /// Whether it describes a file that stands beside it: text, whatever it looks like.
        var isDescription = false

        init(_ place: Place, _ pointer: JSONPointer) {
            self.place = place
            self.pointer = pointer
        }

        func moved(to pointer: JSONPointer, _ place: Place) -> Position {
            var copy = self
            copy.pointer = pointer
            copy.place = place
            return copy
        }
    }

    private func walk(
        _ value: InputValue, _ position: Position, _ state: inout State
    ) throws -> UploadPlan.Node {
        guard position.pointer.tokens.count <= InputValue.maximumDepth else {
            throw FerryError(.invalidInput, "the input is nested deeper than \(InputValue.maximumDepth) levels")
                .at(position.pointer)
        }
        switch value {
        case .null: return .json(.null)
        case .bool(let value): return scalar(.bool(value), position, &state)
        case .integer(let value): return scalar(.integer(value), position, &state)
        case .double(let value): return scalar(.double(value), position, &state)
        case .string(let text): return string(text, position, &state)
        case .file(let file): return explicit(file, position, &state)
        case .untrusted(let value):
            var position = position
            position.isTrusted = false
            return try walk(value, position, &state)
        case .array(let elements): return try array(elements, position, &state)
        case .object(let members): return try object(members, position, &state)
        }
    }

    private func array(
        _ elements: [InputValue], _ position: Position, _ state: inout State
    ) throws -> UploadPlan.Node {
        if let refused = refusal("an array", position, &state) { return refused }
        let schema = position.place.schema
        let isTuple = schema?.hasPrefix == true
        let shared = isTuple ? nil : Place(schema?.element)
        var nodes: [UploadPlan.Node] = []
        nodes.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            let place = shared ?? Place(schema?.element(at: index))
            nodes.append(try walk(element, position.moved(to: position.pointer.appending(index), place), &state))
        }
        return .array(nodes)
    }

    private func object(
        _ members: [(key: String, value: InputValue)], _ position: Position, _ state: inout State
    ) throws -> UploadPlan.Node {
        if isFileField(position) {
            if let record = try record(members, position, &state) { return record }
            if let refused = refusal("an object without a member uri", position, &state) { return refused }
        }
        let schema = position.place.schema?.narrowed { name in members.last { $0.key == name }?.value.scalar }
        var nodes: [(key: String, value: UploadPlan.Node)] = []
        for (key, value) in members {
            let place = Place(schema?.member(key))
            nodes.append(
                (key: key, value: try walk(value, position.moved(to: position.pointer.appending(key), place), &state)))
        }
        return .object(nodes)
    }

    /// A file as a record of it: its member `uri` is the file, the others describe it. Nil if it has none.
    private func record(
        _ members: [(key: String, value: InputValue)], _ position: Position, _ state: inout State
    ) throws -> UploadPlan.Node? {
        guard let (key, value) = members.last(where: { $0.key == "uri" }) else { return nil }
        switch value {
        case .string, .file: break
        default: return nil
        }
        let pointer = position.pointer.appending(key)
        var node = try walk(value, position.moved(to: pointer, position.place), &state)
        if case .file(var file, let pointer) = node {
            file.filename = members.last { $0.key == "filename" }?.value.scalar?.stringValue ?? file.filename
            file.contentType = members.last { $0.key == "content_type" }?.value.scalar?.stringValue ?? file.contentType
            node = .file(file, pointer)
        }
        var nodes: [(key: String, value: UploadPlan.Node)] = []
        for (name, member) in members {
            guard name != key else {
                nodes.append((key: name, value: node))
                continue
            }
            var own = position.moved(to: position.pointer.appending(name), Place(nil))
            own.isDescription = true
            nodes.append((key: name, value: try walk(member, own, &state)))
        }
        // Uploaded, the file is described by its new record, as an address alone.
        guard case .file = node else { return .object(nodes) }
        return node
    }

    /// Whether a file may stand here, and the rules for files apply.
    func isFileField(_ position: Position) -> Bool {
        policy.mode == .schemaLed && position.isTrusted && !position.isDescription && position.place.acceptsFile
    }

    private func scalar(_ json: JSONValue, _ position: Position, _ state: inout State) -> UploadPlan.Node {
        refusal("a \(json.kind)", position, &state) ?? .json(json)
    }

    /// A refusal of what can be no file where the schema wants one and nothing else.
    private func refusal(_ what: String, _ position: Position, _ state: inout State) -> UploadPlan.Node? {
        guard isFileField(position), position.place.isFileAlone else { return nil }
        var entry = UploadPlan.Entry(
            pointer: position.pointer, rule: .fileFieldMismatch, verdict: .refuse, source: what)
        entry.refuse(
            .fileFieldMismatch, "expected a file, got \(what); give a path, a data: URI, base64 or an address")
        state.entries.append(entry)
        return .json(.null)
    }
}

extension InputValue {
    /// The value as JSON, if it is neither array, object nor file.
    var scalar: JSONValue? {
        switch self {
        case .null: .null
        case .bool(let value): .bool(value)
        case .integer(let value): .integer(value)
        case .double(let value): .double(value)
        case .string(let value): .string(value)
        case .untrusted(let value): value.scalar
        case .array, .object, .file: nil
        }
    }
}
