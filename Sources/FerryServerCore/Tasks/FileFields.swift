// SPDX-License-Identifier: Apache-2.0

package import FerryWire

/// The places of an app's input or output where its schema says file.
package enum FileFields {
    /// One such place and what stands there.
    package struct Field: Sendable {
        package var pointer: JSONPointer
        package var value: JSONValue
    }

    /// Every file field that holds something: `null`, `""` and `{}` count as nothing.
    package static func find(in value: JSONValue, schema: JSONSchema) -> [Field] {
        find(in: value, schema, where: isFile)
    }

    /// Every place where the schema says nothing and the well-formed address of a stored file stands. Whether there is
    /// such a file, the store knows; if not, it is text.
    package static func openAddresses(in value: JSONValue, schema: JSONSchema) -> [Field] {
        find(in: value, schema, where: isOpenAddress)
    }

    /// The value with each file field that holds something replaced, and each open address if that is wanted.
    package static func replace(
        in value: JSONValue, schema: JSONSchema, withOpenAddresses: Bool = false,
        _ transform: (JSONPointer, JSONValue) -> JSONValue
    ) -> JSONValue {
        let picks = { isFile($0, $1) || withOpenAddresses && isOpenAddress($0, $1) }
        return walk(value, schema.resolved, .root, picks, transform)
    }

    /// The value without the elements and members at those places.
    static func remove(_ places: Set<JSONPointer>, from value: JSONValue) -> JSONValue {
        let ways = places.flatMap { place in
            place.tokens.indices.map { JSONPointer(tokens: Array(place.tokens[..<$0])) }
        }
        return remove(places, ways: Set(ways), from: value, at: .root)
    }

    /// - Parameter ways: the places of values that something is removed from.
    private static func remove(
        _ places: Set<JSONPointer>, ways: Set<JSONPointer>, from value: JSONValue, at pointer: JSONPointer
    ) -> JSONValue {
        guard ways.contains(pointer) else { return value }
        switch value {
        case .array(let elements):
            let kept = elements.enumerated().filter { !places.contains(pointer.appending($0.offset)) }
            return .array(
                kept.map { remove(places, ways: ways, from: $0.element, at: pointer.appending($0.offset)) })
        case .object(let object):
            var rest = object.mapValues { key, member in
                remove(places, ways: ways, from: member, at: pointer.appending(key))
            }
            for key in object.keys where places.contains(pointer.appending(key)) { rest[key] = nil }
            return .object(rest)
        default: return value
        }
    }

    /// The member of an input by which a core app is told what was said before.
    static let earlierMember = "context"

    private typealias Choice = (JSONValue, JSONSchema?) -> Bool

    private static func find(in value: JSONValue, _ schema: JSONSchema, where picks: Choice) -> [Field] {
        var found: [Field] = []
        _ = walk(value, schema.resolved, .root, picks) { pointer, value in
            found.append(Field(pointer: pointer, value: value))
            return value
        }
        return found
    }

    private static func isFile(_ value: JSONValue, _ schema: JSONSchema?) -> Bool {
        guard let schema, schema.acceptsFile else { return false }
        return switch value {
        case .string(let text): !text.isEmpty
        case .object(let object): !object.isEmpty
        // `anyOf` a file and a list of files: the elements come later.
        default: false
        }
    }

    private static func isOpenAddress(_ value: JSONValue, _ schema: JSONSchema?) -> Bool {
        guard case .string(let text) = value, FileURI(text) != nil else { return false }
        return (schema?.stringRole ?? .untyped) == .untyped
    }

    private static func walk(
        _ value: JSONValue, _ schema: JSONSchema?, _ pointer: JSONPointer, _ picks: Choice,
        _ transform: (JSONPointer, JSONValue) -> JSONValue
    ) -> JSONValue {
        if picks(value, schema) { return transform(pointer, value) }
        switch value {
        case .array(let elements):
            let shared = schema?.hasPrefix == true ? nil : schema?.element
            return .array(
                elements.enumerated().map { index, element in
                    walk(element, shared ?? schema?.element(at: index), pointer.appending(index), picks, transform)
                })
        case .object(let object):
            return .object(object.mapValues { walk($1, schema?.member($0), pointer.appending($0), picks, transform) })
        default: return value
        }
    }
}

extension FileFields.Field {
    /// Whether it belongs to what was said before, in the input of a chat's task.
    var isOfEarlierMessage: Bool { pointer.tokens.first == FileFields.earlierMember }
}

extension TaskRecord {
    /// Whether a file of its input belongs to an earlier message of its chat.
    func isEarlier(_ field: FileFields.Field) -> Bool { chatID != nil && field.isOfEarlierMessage }
}
