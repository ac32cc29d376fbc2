// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// An optional of a type that is not known where it is looked at.
protocol OptionalValue {
    static var none: Self { get }
    static var wrappedType: Any.Type { get }
    /// The value inside; nil for nil.
    var content: Any? { get }
    static func some(from json: JSONValue, by reader: FieldReader) throws -> Self
}

extension Optional: OptionalValue {
    static var wrappedType: Any.Type { Wrapped.self }
    var content: Any? { self }

    static func some(from json: JSONValue, by reader: FieldReader) throws -> Wrapped? {
        guard let type = Wrapped.self as? any Decodable.Type else {
            throw reader.failure("has a type without a reader")
        }
        return try reader.value(type, from: json) as? Wrapped
    }
}

/// A list, whatever it holds.
protocol ListValue {
    static var elementType: Any.Type { get }
}

extension Array: ListValue {
    static var elementType: Any.Type { Element.self }
}

extension Set: ListValue {
    static var elementType: Any.Type { Element.self }
}

/// A dictionary with text for keys, which are data and not names of properties.
protocol TableValue {
    static var elementType: Any.Type { get }
    /// The members by name.
    var rows: [(key: String, value: Any)] { get }
    static func filled(from members: JSONObject, by reader: FieldReader) throws -> Self
}

extension Dictionary: TableValue where Key == String {
    static var elementType: Any.Type { Value.self }

    var rows: [(key: String, value: Any)] { sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }

    static func filled(from members: JSONObject, by reader: FieldReader) throws -> [String: Value] {
        guard let type = Value.self as? any Decodable.Type else { throw reader.failure("has a type without a reader") }
        var table: [String: Value] = [:]
        for (key, json) in members {
            table[key] = try reader.at(key).value(type, from: json) as? Value
        }
        return table
    }
}

/// The values of an enumeration with raw values; nil for any other type.
func choices(of type: Any.Type) -> [JSONValue]? {
    guard let type = type as? any CaseIterable.Type else { return nil }
    let values = rawValues(type)
    return values.isEmpty ? nil : values
}

private func rawValues<Choice: CaseIterable>(_ type: Choice.Type) -> [JSONValue] {
    type.allCases.compactMap { choice in
        guard let choice = choice as? any RawRepresentable else { return nil }
        switch choice.rawValue {
        case let text as String: return .string(text)
        case let number as any BinaryInteger: return Int64(exactly: number).map(JSONValue.integer)
        default: return nil
        }
    }
}
