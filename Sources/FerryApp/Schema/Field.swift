// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// One field of an app's input, output or setup, with what its JSON Schema tells of it.
///
/// ```swift
/// @Field("The picture.", mediaType: "image/*") var image: File
/// @Field("Width in pixels.", in: 1...16384) var width: Int = 640
/// @Field("A note.") var note: String?
/// ```
///
/// A field with an initial value has that as its default. One without must be given, unless its type is optional. In
/// JSON a name in camelCase is written in snake_case.
@propertyWrapper
public struct Field<Value: Codable & Sendable>: Sendable {
    let rules: FieldRules
    private(set) var stored: Value?

    /// The value. Reading a field that nothing has been put into ends the process; in an input and in a setup all
    /// fields hold something.
    public var wrappedValue: Value {
        get {
            guard let stored else {
                preconditionFailure("the field “\(rules.description)” was read before it was given a value")
            }
            return stored
        }
        set { stored = newValue }
    }

    /// A field without default: it must be given, unless it is optional.
    ///
    /// - Parameters:
    ///   - description: what the field means, for people.
    ///   - mediaType: of files, what they hold, `image/*`; goes into the schema, and nothing checks it.
    public init(_ description: String, mediaType: String? = nil) {
        rules = FieldRules(description: description, mediaType: mediaType)
        stored = Self.vacant
    }

    /// A field with a default.
    public init(wrappedValue: Value, _ description: String, mediaType: String? = nil) {
        rules = FieldRules(description: description, mediaType: mediaType)
        stored = wrappedValue
    }

    /// A number without default: it must be given, unless it is optional.
    ///
    /// - Parameters:
    ///   - description: what the field means, for people.
    ///   - limits: the least and the greatest number allowed: `1...9`, `0.5...`, `...(-1)`.
    public init(_ description: String, in limits: some FieldLimits) {
        rules = FieldRules(description: description, minimum: limits.minimum, maximum: limits.maximum)
        stored = Self.vacant
    }

    /// A number with a default.
    public init(wrappedValue: Value, _ description: String, in limits: some FieldLimits) {
        rules = FieldRules(description: description, minimum: limits.minimum, maximum: limits.maximum)
        stored = wrappedValue
    }

    /// Nil for an optional field, which need not be given; nothing for any other.
    private static var vacant: Value? { (Value.self as? any OptionalValue.Type)?.none as? Value }
}

extension Field: Equatable where Value: Equatable {
    /// Whether both hold equal values, or none.
    public static func == (lhs: Field, rhs: Field) -> Bool { lhs.stored == rhs.stored }
}

extension Field: Hashable where Value: Hashable {
    public func hash(into hasher: inout Hasher) { hasher.combine(stored) }
}

/// As any other coder sees a field: its value. The kit's own coder looks at ``AnyField`` instead.
extension Field: Codable {
    public init(from decoder: any Decoder) throws {
        rules = FieldRules(description: "")
        stored = try Value(from: decoder)
    }

    public func encode(to encoder: any Encoder) throws {
        guard let stored else {
            let context = EncodingError.Context(codingPath: encoder.codingPath, debugDescription: "has no value")
            throw EncodingError.invalidValue(rules.description, context)
        }
        try stored.encode(to: encoder)
    }
}

/// What a field says beside its type.
struct FieldRules: Sendable, Hashable {
    var description: String
    var mediaType: String?
    var minimum: FieldBound?
    var maximum: FieldBound?
}

/// A field of a type that is not known where it is read and written.
protocol AnyField: Sendable {
    static var valueType: any (Codable & Sendable).Type { get }
    var rules: FieldRules { get }
    /// The value; nil when there is none.
    var content: (any Codable & Sendable)? { get }
    /// The same field with what JSON holds.
    func filled(from json: JSONValue, by reader: FieldReader) throws -> Self
}

extension Field: AnyField {
    static var valueType: any (Codable & Sendable).Type { Value.self }

    var content: (any Codable & Sendable)? { stored }

    func filled(from json: JSONValue, by reader: FieldReader) throws -> Field {
        var copy = self
        try reader.check(json, rules, of: Value.self)
        copy.stored = try reader.value(Value.self, from: json)
        return copy
    }
}
