// SPDX-License-Identifier: Apache-2.0

/// The members of a JSON object, in order.
///
/// Names are compared byte by byte: `"é"` composed and decomposed are two names, which `String ==` would confuse.
/// Two objects are equal if they hold equal members in any order.
public struct JSONObject: Sendable {
    private var storage: [Member]

    private struct Member: Sendable {
        var key: String
        var value: JSONValue
    }

    /// An object without members.
    public init() { storage = [] }

    /// An object of these members; of members with one name the last wins.
    public init(members: [(String, JSONValue)]) {
        storage = []
        storage.reserveCapacity(members.count)
        for (key, value) in members { self[key] = value }
    }

    /// Takes members whose names are known to differ.
    init(distinct members: [(String, JSONValue)]) {
        storage = members.map { Member(key: $0.0, value: $0.1) }
    }

    /// The member of that name; setting nil removes it.
    public subscript(key: String) -> JSONValue? {
        get { position(of: key).map { storage[$0].value } }
        set {
            switch (position(of: key), newValue) {
            case (let index?, let value?): storage[index].value = value
            case (let index?, nil): storage.remove(at: index)
            case (nil, let value?): storage.append(Member(key: key, value: value))
            case (nil, nil): break
            }
        }
    }

    private func position(of key: String) -> Int? {
        storage.firstIndex { $0.key.utf8.elementsEqual(key.utf8) }
    }

    /// The names, in order.
    public var keys: [String] { storage.map(\.key) }

    /// The same names with new values.
    public func mapValues<Failure: Error>(
        _ transform: (String, JSONValue) throws(Failure) -> JSONValue
    ) throws(Failure) -> JSONObject {
        var copy = self
        for index in storage.indices {
            copy.storage[index].value = try transform(storage[index].key, storage[index].value)
        }
        return copy
    }
}

extension JSONObject: RandomAccessCollection {
    public typealias Element = (key: String, value: JSONValue)
    public var startIndex: Int { 0 }
    public var endIndex: Int { storage.count }
    public subscript(position: Int) -> Element { (storage[position].key, storage[position].value) }
}

extension JSONObject: Hashable {
    public static func == (lhs: JSONObject, rhs: JSONObject) -> Bool {
        guard lhs.count == rhs.count else { return false }
        if zip(lhs.storage, rhs.storage).allSatisfy({ $0.key.utf8.elementsEqual($1.key.utf8) }) {
            return zip(lhs.storage, rhs.storage).allSatisfy { $0.value == $1.value }
        }
        // A table, since looking each name up in order would take time by the square of the size.
        let places = Dictionary(
            rhs.storage.enumerated().map { (Array($0.element.key.utf8), $0.offset) }, uniquingKeysWith: { $1 })
        return lhs.storage.allSatisfy { member in
            places[Array(member.key.utf8)].map { rhs.storage[$0].value == member.value } ?? false
        }
    }

    public func hash(into hasher: inout Hasher) {
        // Order must not matter: names alone are combined, commutatively.
        var combined = 0
        for member in storage {
            var own = Hasher()
            for byte in member.key.utf8 { own.combine(byte) }
            combined ^= own.finalize()
        }
        hasher.combine(combined)
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(members: elements) }
}
