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
        var found: [Field] = []
        _ = walk(value, schema.resolved, .root) { pointer, value in
            found.append(Field(pointer: pointer, value: value))
            return value
        }
        return found
    }

    /// The value with each file field that holds something replaced.
    package static func replace(
        in value: JSONValue, schema: JSONSchema, _ transform: (JSONPointer, JSONValue) -> JSONValue
    ) -> JSONValue {
        walk(value, schema.resolved, .root, transform)
    }

    private static func walk(
        _ value: JSONValue, _ schema: JSONSchema?, _ pointer: JSONPointer,
        _ transform: (JSONPointer, JSONValue) -> JSONValue
    ) -> JSONValue {
        if let schema, schema.acceptsFile {
            switch value {
            case .null, .string(""): return value
            case .object(let object) where object.isEmpty: return value
            case .string, .object: return transform(pointer, value)
            // `anyOf` a file and a list of files: go on below.
            default: break
            }
        }
        switch value {
        case .array(let elements):
            let schema = schema?.element
            return .array(
                elements.enumerated().map { walk($0.element, schema, pointer.appending($0.offset), transform) })
        case .object(let object):
            return .object(object.mapValues { walk($1, schema?.member($0), pointer.appending($0), transform) })
        default: return value
        }
    }
}
