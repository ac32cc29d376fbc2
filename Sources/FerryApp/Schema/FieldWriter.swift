// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// Makes JSON of an app's typed values.
struct FieldWriter {
    /// A file in a value, and its place.
    struct FoundFile: Sendable {
        let place: JSONPointer
        let file: File
    }

    /// The files met, in order.
    private(set) var files: [FoundFile] = []

    init() {}

    /// The output as it goes to the host.
    ///
    /// - Throws: ``AppFailure`` with code `invalid_output` naming the field: one without a value, one with a number
    ///   that JSON does not have, or a file that is not there.
    static func output(_ value: some AppOutput) throws -> JSONValue {
        var writer = FieldWriter()
        let json = try writer.json(value, at: .root)
        for found in writer.files {
            // One look at a local disk, where the app has just written.
            guard let path = found.file.json["path"]?.stringValue, !isRegularFile(path) else { continue }
            throw failure(
                found.place,
                "is the file \(found.file.filename), which does not exist; write it before the output is returned")
        }
        return json
    }

    /// Any value as JSON; files are not looked at.
    func json(of value: Any) throws -> JSONValue {
        var copy = self
        return try copy.json(value, at: .root)
    }

    private mutating func json(_ value: Any?, at place: JSONPointer) throws -> JSONValue {
        guard let value else { return .null }
        switch value {
        case let json as JSONValue: return json
        case let file as File:
            files.append(FoundFile(place: place, file: file))
            return file.json
        case let field as any AnyField:
            guard let content = field.content else {
                throw Self.failure(place, "was given no value")
            }
            return try json(content, at: place)
        case let optional as any OptionalValue: return try json(optional.content, at: place)
        case let text as String: return .string(text)
        case let flag as Bool: return .bool(flag)
        case let number as Double: return try json(number, at: place)
        case let number as Float: return try json(Double("\(number)") ?? Double(number), at: place)
        case let number as any FixedWidthInteger: return try json(integer: number, at: place)
        case let table as any TableValue: return try json(table.rows, at: place)
        case let node as EncodingNode: return try json(node, at: place)
        case let value as any Encodable: return try json(try EncodingNode(of: value), at: place)
        default: throw Self.failure(place, "has a type that is not Encodable")
        }
    }

    private mutating func json(_ number: Double, at place: JSONPointer) throws -> JSONValue {
        guard number.isFinite else { throw Self.failure(place, "is \(number), a number that JSON does not have") }
        return .double(number)
    }

    private mutating func json(integer: any FixedWidthInteger, at place: JSONPointer) throws -> JSONValue {
        guard let exact = Int64(exactly: integer) else {
            throw Self.failure(place, "is \(integer), more than a JSON integer holds here")
        }
        return .integer(exact)
    }

    private mutating func json(_ rows: [(key: String, value: Any)], at place: JSONPointer) throws -> JSONValue {
        var members: [(String, JSONValue)] = []
        for (key, value) in rows { members.append((key, try json(value, at: place.appending(key)))) }
        return .object(JSONObject(members: members))
    }

    private mutating func json(_ node: EncodingNode, at place: JSONPointer) throws -> JSONValue {
        if let members = node.members {
            var object = JSONObject()
            for member in members where !(member.mayBeLeftOut && member.value == nil) {
                let isMeta = member.type == OutputMeta.self || member.type == OutputMeta?.self
                let name = isMeta ? "output_meta" : FieldName.json(member.key)
                object[name] = try json(member.value, at: place.appending(name))
            }
            return .object(object)
        }
        if let elements = node.elements {
            return .array(
                try elements.enumerated().map { index, element in try json(element, at: place.appending(index)) })
        }
        guard let single = node.single else { return [:] }
        return try json(single, at: place)
    }

    private static func failure(_ place: JSONPointer, _ text: String) -> AppFailure {
        let label = place.tokens.count == 1 ? place.tokens[0] : place.description
        return AppFailure("the app's output \(label) \(text)", code: .invalidOutput)
    }
}
