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

    /// The output as it goes to the host. Files that the host could not take where they are get copies in a folder: those
    /// of an address, which are fetched for that, and those that go by several names, as all in the cache do.
    ///
    /// - Parameter folder: of files to be handed out.
    /// - Throws: ``AppFailure`` naming the field: with code `invalid_output` for one without a value, one with a number
    ///   that JSON does not have, or a file that is not there; with a code of files for one that could not be had or
    ///   copied. And `CancellationError`.
    static func output(_ value: some AppOutput, into folder: String) async throws -> JSONValue {
        var (json, files) = try written(value)
        var copies = OutputCopies(folder: folder)
        for found in files {
            do {
                guard let path = try await copies.path(of: found.file) else { continue }
                var members = found.file.json.objectValue ?? [:]
                members["path"] = .string(path)
                // It may be long, and says nothing that the copy does not hold.
                if DataURI.hasScheme(found.file.uri ?? "") { members["uri"] = nil }
                json = json.replacing(found.place.tokens[...], with: .object(members))
            } catch let failure as AppFailure {
                throw AppFailure(
                    "the app's output \(label(found.place)): \(failure.message)", code: failure.code,
                    cause: failure.cause)
            }
        }
        return json
    }

    /// An output that is not finished. Its files stay where they are, since the host shows none of them yet.
    ///
    /// - Throws: ``AppFailure`` with code `invalid_output`, as ``output(_:into:)``.
    static func partial(_ value: some AppOutput) throws -> JSONValue { try written(value).json }

    private static func written(_ value: some AppOutput) throws -> (json: JSONValue, files: [FoundFile]) {
        var writer = FieldWriter()
        let json = try writer.json(value, at: .root)
        for found in writer.files {
            // One look at a local disk, where the app has just written.
            guard let path = found.file.json["path"]?.stringValue, !isRegularFile(path) else { continue }
            throw failure(
                found.place,
                "is the file \(found.file.filename), which does not exist; write it before the output is returned")
        }
        return (json, writer.files)
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
                let name = isMeta ? "output_meta" : member.name
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

    private static func label(_ place: JSONPointer) -> String {
        place.tokens.count == 1 ? place.tokens[0] : place.description
    }

    private static func failure(_ place: JSONPointer, _ text: String) -> AppFailure {
        AppFailure("the app's output \(label(place)) \(text)", code: .invalidOutput)
    }
}
