// SPDX-License-Identifier: Apache-2.0

/// A value with a JSON form on the wire.
///
/// Written by hand rather than by `Codable`, so that unknown members are ignored, wrong types are errors that name
/// their place, integers stay exact, and members the official clients require are always present.
public protocol JSONConvertible: Sendable {
    /// Reads the JSON form.
    ///
    /// - Throws: ``WireFormatError`` naming the place of what is missing or of a wrong type.
    init(json: JSONValue) throws(WireFormatError)

    /// The JSON form.
    var json: JSONValue { get }
}

/// JSON was well-formed, but not of the expected form.
public struct WireFormatError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Where, from the document's root.
    public var pointer: JSONPointer
    /// What was wrong, in words.
    public var reason: String

    /// An error at a place.
    public init(pointer: JSONPointer, reason: String) {
        self.pointer = pointer
        self.reason = reason
    }

    public var description: String { pointer.tokens.isEmpty ? reason : "\(pointer): \(reason)" }
}

/// Typed access to an object's members; absent and `null` both read as nil.
public struct JSONReader: Sendable {
    /// The members.
    public let object: JSONObject
    /// The object's own place.
    public let pointer: JSONPointer

    /// Access to an object.
    ///
    /// - Throws: ``WireFormatError`` if the value is no object.
    public init(_ json: JSONValue, at pointer: JSONPointer = .root) throws(WireFormatError) {
        guard let object = json.objectValue else {
            throw WireFormatError(pointer: pointer, reason: "expected an object, got \(json.kind)")
        }
        self.object = object
        self.pointer = pointer
    }

    /// The member, unless absent or null.
    public func value(_ key: String) -> JSONValue? {
        guard let value = object[key], !value.isNull else { return nil }
        return value
    }

    private func typed<Value>(
        _ key: String, _ expected: String, _ extract: (JSONValue) -> Value?
    ) throws(WireFormatError) -> Value? {
        guard let value = value(key) else { return nil }
        guard let typed = extract(value) else {
            throw WireFormatError(
                pointer: pointer.appending(key), reason: "expected \(expected), got \(value.kind)")
        }
        return typed
    }

    /// A string member.
    public func string(_ key: String) throws(WireFormatError) -> String? {
        try typed(key, "a string", \.stringValue)
    }

    /// An integer member; `1.0` and `1e3` count as integers, `1.5` and `"1"` do not.
    public func integer(_ key: String) throws(WireFormatError) -> Int64? {
        try typed(key, "an integer", \.integerValue)
    }

    /// A Boolean member.
    public func bool(_ key: String) throws(WireFormatError) -> Bool? {
        try typed(key, "a boolean", \.boolValue)
    }

    /// An array member.
    public func array(_ key: String) throws(WireFormatError) -> [JSONValue]? {
        try typed(key, "an array", \.arrayValue)
    }

    /// A time member, RFC 3339.
    public func time(_ key: String) throws(WireFormatError) -> Timestamp? {
        try typed(key, "an RFC 3339 time") { $0.stringValue.flatMap(Timestamp.init(rfc3339:)) }
    }

    /// An array of strings.
    public func strings(_ key: String) throws(WireFormatError) -> [String]? {
        try typed(key, "an array of strings") { value in
            guard let elements = value.arrayValue else { return nil }
            let strings = elements.compactMap(\.stringValue)
            return strings.count == elements.count ? strings : nil
        }
    }

    /// An array of convertible values.
    public func list<Element: JSONConvertible>(
        _ key: String, of type: Element.Type = Element.self
    ) throws(WireFormatError) -> [Element]? {
        guard let elements = try array(key) else { return nil }
        var list: [Element] = []
        list.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            do throws(WireFormatError) {
                list.append(try Element(json: element))
            } catch {
                let tokens = pointer.tokens + [key, String(index)] + error.pointer.tokens
                throw WireFormatError(pointer: JSONPointer(tokens: tokens), reason: error.reason)
            }
        }
        return list
    }

    /// A member that must be there.
    public func required<Value>(_ key: String, _ value: Value?) throws(WireFormatError) -> Value {
        guard let value else { throw WireFormatError(pointer: pointer.appending(key), reason: "is missing") }
        return value
    }
}

extension JSONValue {
    /// A string, or null for nil.
    public static func optional(_ value: String?) -> JSONValue { value.map(JSONValue.string) ?? .null }
    /// An integer, or null for nil.
    public static func optional(_ value: Int64?) -> JSONValue { value.map(JSONValue.integer) ?? .null }
    /// A time, or null for nil.
    public static func optional(_ value: Timestamp?) -> JSONValue { value.map { .string($0.rfc3339) } ?? .null }
    /// A time.
    public static func time(_ value: Timestamp) -> JSONValue { .string(value.rfc3339) }
}
