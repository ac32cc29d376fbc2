// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// Gives a type's own reader one JSON value to read from.
struct ValueDecoder: Decoder {
    let json: JSONValue
    let reader: FieldReader
    /// What the fields are, if the type is one of ``AppFields``.
    let plan: FieldPlan?

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard let members = json.objectValue else { throw reader.failure("must be an object, not \(json.kind)") }
        return KeyedDecodingContainer(MemberDecoder(members: members, reader: reader, plan: plan))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard let elements = json.arrayValue else { throw reader.failure("must be an array, not \(json.kind)") }
        return ElementDecoder(elements: elements, reader: reader)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { SingleDecoder(json: json, reader: reader) }
}

/// The members of an object, by the names of properties.
private struct MemberDecoder<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let members: JSONObject
    let reader: FieldReader
    let plan: FieldPlan?

    var codingPath: [any CodingKey] { [] }
    /// Objects of more members are tables of data; their names are not looked for in other spellings.
    private static var guessedMembers: Int { 64 }

    var allKeys: [Key] {
        let isGuessing = members.count <= Self.guessedMembers
        return members.keys.compactMap { FieldName.key($0, isGuessing: isGuessing) }
    }

    /// A field goes by its name in the schema; any other property by its own if that is there, else by that in
    /// snake_case.
    private func place(_ key: Key) -> (name: String, reader: FieldReader) {
        let isExact = plan == nil && members[key.stringValue] != nil
        let name = isExact ? key.stringValue : FieldName.json(key)
        return (name, reader.at(name))
    }

    /// What is given, else the default.
    private func json(_ key: Key) -> JSONValue? {
        let name = place(key).name
        return members[name] ?? plan?.entry(name)?.standard
    }

    func contains(_ key: Key) -> Bool { json(key) != nil }

    func decodeNil(forKey key: Key) -> Bool { json(key)?.isNull ?? true }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        let (name, reader) = place(key)
        guard let fieldType = type as? any AnyField.Type else {
            var given = json(key)
            if given?.isNull == true, type != JSONValue.self { given = plan?.entry(name)?.standard }
            guard let given else {
                if type == JSONValue.self, let null = JSONValue.null as? Value { return null }
                throw reader.failure("is missing")
            }
            return try reader.value(type, from: given)
        }
        guard let field = plan?.entry(name)?.field else {
            return try type.init(from: ValueDecoder(json: members[name] ?? .null, reader: reader, plan: nil))
        }
        guard let value = try filled(field, fieldType.valueType, members[name], reader) as? Value else {
            throw reader.failure("has an unexpected type")
        }
        return value
    }

    private func filled(
        _ field: any AnyField, _ type: Any.Type, _ given: JSONValue?, _ reader: FieldReader
    ) throws -> any AnyField {
        let takesNull = type is any OptionalValue.Type || type == JSONValue.self
        guard let given, takesNull || !given.isNull else {
            if field.content != nil { return field }
            guard takesNull else { throw reader.failure("is missing") }
            return try field.filled(from: .null, by: reader)
        }
        return try field.filled(from: given, by: reader)
    }

    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        guard let json = json(key) else { return nil }
        return try place(key).reader.value(Value?.self, from: json)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try nested(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try nested(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder {
        ValueDecoder(json: members["super"] ?? .null, reader: reader.at("super"), plan: nil)
    }

    func superDecoder(forKey key: Key) throws -> any Decoder { nested(key) }

    private func nested(_ key: Key) -> ValueDecoder {
        ValueDecoder(json: json(key) ?? .null, reader: place(key).reader, plan: nil)
    }
}

/// The elements of an array, in order.
private struct ElementDecoder: UnkeyedDecodingContainer {
    let elements: [JSONValue]
    let reader: FieldReader
    var currentIndex = 0

    init(elements: [JSONValue], reader: FieldReader) {
        self.elements = elements
        self.reader = reader
    }

    var codingPath: [any CodingKey] { [] }
    var count: Int? { elements.count }
    var isAtEnd: Bool { currentIndex >= elements.count }

    private mutating func next() throws -> (json: JSONValue, reader: FieldReader) {
        guard !isAtEnd else { throw reader.failure("has only \(elements.count) elements") }
        defer { currentIndex += 1 }
        return (elements[currentIndex], reader.at(currentIndex))
    }

    mutating func decodeNil() -> Bool {
        guard !isAtEnd, elements[currentIndex].isNull else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let (json, reader) = try next()
        return try reader.value(type, from: json)
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> {
        try nested().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try nested().unkeyedContainer() }

    mutating func superDecoder() throws -> any Decoder { try nested() }

    private mutating func nested() throws -> ValueDecoder {
        let (json, reader) = try next()
        return ValueDecoder(json: json, reader: reader, plan: nil)
    }
}

/// One value.
private struct SingleDecoder: SingleValueDecodingContainer {
    let json: JSONValue
    let reader: FieldReader

    var codingPath: [any CodingKey] { [] }

    func decodeNil() -> Bool { json.isNull }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try reader.value(type, from: json) }
}
