// SPDX-License-Identifier: Apache-2.0

/// What a value says of itself when it is encoded, before anything is turned into JSON: names in order, and values with
/// their types.
final class EncodingNode {
    /// A property.
    struct Member {
        /// What it is called in JSON.
        let name: String
        let type: Any.Type
        /// The value or a further node; nil for nil.
        let value: Any?
        /// Whether it would have been left out for being nil.
        let mayBeLeftOut: Bool
    }

    private(set) var members: [Member]?
    private(set) var elements: [Any?]?
    /// What was encoded as one value; nil for nil.
    private(set) var single: Any??

    init() {}

    /// What a value says of itself.
    convenience init(of value: some Encodable) throws {
        self.init()
        try value.encode(to: NodeEncoder(node: self))
    }

    fileprivate func beginMembers() { if members == nil { members = [] } }
    fileprivate func beginElements() { if elements == nil { elements = [] } }

    fileprivate func add(_ name: String, _ type: Any.Type, _ value: Any?, mayBeLeftOut: Bool = false) {
        members?.append(Member(name: name, type: type, value: value, mayBeLeftOut: mayBeLeftOut))
    }

    fileprivate func add(_ value: Any?) { elements?.append(value) }
    fileprivate var count: Int { elements?.count ?? 0 }
    fileprivate func set(_ value: Any?) { single = .some(value) }
}

private struct NodeEncoder: Encoder {
    let node: EncodingNode

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        node.beginMembers()
        return KeyedEncodingContainer(MemberEncoder<Key>(node: node))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        node.beginElements()
        return ElementEncoder(node: node)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { SingleEncoder(node: node) }
}

private struct MemberEncoder<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let node: EncodingNode

    var codingPath: [any CodingKey] { [] }

    func encodeNil(forKey key: Key) { node.add(FieldName.json(key), Never.self, nil) }

    func encode<Value: Encodable>(_ value: Value, forKey key: Key) { node.add(FieldName.json(key), Value.self, value) }

    func encodeIfPresent<Value: Encodable>(_ value: Value?, forKey key: Key) { optional(value, key) }

    // The library's own forms of these leave nil out without a word, and would be preferred.
    func encodeIfPresent(_ value: Bool?, forKey key: Key) { optional(value, key) }
    func encodeIfPresent(_ value: String?, forKey key: Key) { optional(value, key) }
    func encodeIfPresent(_ value: Double?, forKey key: Key) { optional(value, key) }
    func encodeIfPresent(_ value: Float?, forKey key: Key) { optional(value, key) }
    func encodeIfPresent(_ value: Int?, forKey key: Key) { optional(value, key) }
    func encodeIfPresent(_ value: Int8?, forKey key: Key) { optional(value, key) }
    func encodeIfPresent(_ value: Int16?, forKey key: Key) { optional(value, key) }
    func encodeIfPresent(_ value: Int32?, forKey key: Key) { optional(value, key) }
    func encodeIfPresent(_ value: Int64?, forKey key: Key) { optional(value, key) }
    func encodeIfPresent(_ value: UInt?, forKey key: Key) { optional(value, key) }
    func encodeIfPresent(_ value: UInt8?, forKey key: Key) { optional(value, key) }
    func encodeIfPresent(_ value: UInt16?, forKey key: Key) { optional(value, key) }
    func encodeIfPresent(_ value: UInt32?, forKey key: Key) { optional(value, key) }
    func encodeIfPresent(_ value: UInt64?, forKey key: Key) { optional(value, key) }

    private func optional<Value>(_ value: Value?, _ key: Key) {
        node.add(FieldName.json(key), Value?.self, value, mayBeLeftOut: true)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        nested(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { nested(key).unkeyedContainer() }
    func superEncoder() -> any Encoder { nested("super") }
    func superEncoder(forKey key: Key) -> any Encoder { nested(key) }

    private func nested(_ key: Key) -> NodeEncoder { nested(FieldName.json(key)) }

    private func nested(_ name: String) -> NodeEncoder {
        let inner = EncodingNode()
        node.add(name, EncodingNode.self, inner)
        return NodeEncoder(node: inner)
    }
}

private struct ElementEncoder: UnkeyedEncodingContainer {
    let node: EncodingNode

    var codingPath: [any CodingKey] { [] }
    var count: Int { node.count }

    func encodeNil() { node.add(nil) }
    func encode<Value: Encodable>(_ value: Value) { node.add(value) }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        nested().container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { nested().unkeyedContainer() }
    func superEncoder() -> any Encoder { nested() }

    private func nested() -> NodeEncoder {
        let inner = EncodingNode()
        node.add(inner)
        return NodeEncoder(node: inner)
    }
}

private struct SingleEncoder: SingleValueEncodingContainer {
    let node: EncodingNode

    var codingPath: [any CodingKey] { [] }

    func encodeNil() { node.set(nil) }
    func encode<Value: Encodable>(_ value: Value) { node.set(value) }
}
