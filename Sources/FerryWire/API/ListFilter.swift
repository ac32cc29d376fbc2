// SPDX-License-Identifier: Apache-2.0

/// One condition of a list.
public struct ListFilter: JSONConvertible, Hashable {
    /// A comparison. Text is compared by its bytes, by ``like`` too; ``ilike`` alone does not tell ASCII capitals from
    /// small letters.
    public enum Operation: String, Sendable, CaseIterable {
        /// Equal; not equal.
        case eq, neq
        /// Equal to one of a list; to none of it.
        case `in`
        case notIn = "not_in"
        /// Greater; greater or equal; less; less or equal.
        case gt, gte, lt, lte
        /// A pattern over the whole text: `%` is any text, `_` one character, `\` takes what follows it as it is.
        case like, ilike
        /// The text occurs in it; does not. No character is special.
        case contains
        case notContains = "not_contains"
        /// The record has no value there; has one. They take no value.
        case isNull = "is_null"
        case isNotNull = "is_not_null"
        /// The record has no value or an empty text there; has more. They take no value.
        case isEmpty = "is_empty"
        case isNotEmpty = "is_not_empty"

        /// How a comparison takes its values.
        public enum Arity: Sendable {
            case none, one, many
        }

        /// How many values it is compared with.
        public var arity: Arity {
            switch self {
            case .in, .notIn: .many
            case .isNull, .isNotNull, .isEmpty, .isNotEmpty: .none
            default: .one
            }
        }

        /// Whether it makes sense for text alone.
        public var isTextual: Bool {
            switch self {
            case .like, .ilike, .contains, .notContains: true
            default: false
            }
        }
    }

    /// The record's member.
    public var field: String
    /// The comparison.
    public var operation: Operation
    /// What it is compared with; a list for `in` and `not_in`, ignored where the comparison takes none.
    public var value: JSONValue

    /// A condition.
    public init(field: String, operation: Operation, value: JSONValue) {
        self.field = field
        self.operation = operation
        self.value = value
    }

    public init(json: JSONValue) throws(WireFormatError) {
        let reader = try JSONReader(json)
        field = try reader.required("field", try reader.string("field"))
        let name = try reader.required("operator", try reader.string("operator"))
        guard let operation = Operation(rawValue: name) else {
            let known = Operation.allCases.map(\.rawValue).joined(separator: ", ")
            throw WireFormatError(
                pointer: JSONPointer(tokens: ["operator"]), reason: "unknown operator; use one of \(known)")
        }
        self.operation = operation
        value = reader.object["value"] ?? .null
    }

    public var json: JSONValue {
        ["field": .string(field), "operator": .string(operation.rawValue), "value": value]
    }
}
