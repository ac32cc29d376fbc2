// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// JSON Schemas of types.
enum FieldSchema {
    /// Which way values of a type go.
    enum Direction: Sendable {
        /// To the app: fields may be left out when they have defaults.
        case input
        /// From the app: every field is written, nil as `null`.
        case output
    }

    /// The schema of a struct of fields, properties in the order they were written down.
    static func object(_ type: any AppFields.Type, _ direction: Direction, depth: Int = 0) throws -> JSONValue {
        guard depth < FieldPlan.maximumDepth else { return [:] }
        let plan = try FieldPlan.of(type)
        var properties = JSONObject()
        for entry in plan.entries { properties[entry.name] = try property(entry, direction, depth) }
        let required = plan.entries.filter { direction == .input ? $0.isRequired : !$0.mayBeLeftOut }
        var schema: JSONObject = ["type": "object", "properties": .object(properties)]
        if !required.isEmpty { schema["required"] = .array(required.map { .string($0.name) }) }
        if !type.allowsOtherMembers { schema["additionalProperties"] = false }
        return .object(schema)
    }

    private static func property(_ entry: FieldPlan.Entry, _ direction: Direction, _ depth: Int) throws -> JSONValue {
        let rules = entry.field?.rules ?? FieldRules(description: "")
        var schema = try value(entry.type, rules, direction, depth)
        if direction == .input, let standard = entry.standard { schema["default"] = standard }
        if !rules.description.isEmpty { schema["description"] = .string(rules.description) }
        return .object(schema)
    }

    /// The schema of a type; media type and limits go to the innermost.
    private static func value(
        _ type: Any.Type, _ rules: FieldRules, _ direction: Direction, _ depth: Int
    ) throws -> JSONObject {
        switch type {
        case let optional as any OptionalValue.Type:
            let inner = try value(optional.wrappedType, rules, direction, depth)
            return inner.isEmpty ? [:] : ["anyOf": [.object(inner), ["type": "null"]]]
        case let list as any ListValue.Type:
            return ["type": "array", "items": .object(try value(list.elementType, rules, direction, depth))]
        case let table as any TableValue.Type:
            let inner = try value(table.elementType, rules, direction, depth)
            return ["type": "object", "additionalProperties": .object(inner)]
        case let fields as any AppFields.Type:
            return try object(fields, direction, depth: depth + 1).objectValue ?? [:]
        default:
            return leaf(type, rules)
        }
    }

    private static func leaf(_ type: Any.Type, _ rules: FieldRules) -> JSONObject {
        var schema: JSONObject = [:]
        if type == File.self {
            schema = ["type": "string", "format": "file"]
            if let mediaType = rules.mediaType { schema["contentMediaType"] = .string(mediaType) }
            return schema
        }
        if let choices = choices(of: type) {
            let kinds = choices.map(\.kind)
            if let kind = kinds.first, kinds.allSatisfy({ $0 == kind }) { schema["type"] = .string(kind) }
            schema["enum"] = .array(choices)
            return schema
        }
        guard let name = name(of: type) else { return [:] }
        schema["type"] = .string(name)
        if let minimum = rules.minimum { schema["minimum"] = minimum.json }
        if let maximum = rules.maximum { schema["maximum"] = maximum.json }
        return schema
    }

    private static func name(of type: Any.Type) -> String? {
        if type == String.self { return "string" }
        if type == Bool.self { return "boolean" }
        if type is any BinaryInteger.Type { return "integer" }
        return type is any BinaryFloatingPoint.Type ? "number" : nil
    }
}
