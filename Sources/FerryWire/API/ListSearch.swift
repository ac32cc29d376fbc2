// SPDX-License-Identifier: Apache-2.0

/// A text to look for in several members of a list's records at once.
public struct ListSearch: JSONConvertible, Hashable {
    /// The text; empty looks for nothing. At most 1,000 bytes on a Ferry server.
    public var term: String
    /// Whether a member must equal the text; otherwise it need only contain it, ASCII capitals or not.
    public var exact: Bool
    /// The members to look in; empty for the list's usual ones.
    public var fields: [String]

    /// A search.
    public init(term: String, exact: Bool = false, fields: [String] = []) {
        self.term = term
        self.exact = exact
        self.fields = fields
    }

    public init(json: JSONValue) throws(WireFormatError) {
        let reader = try JSONReader(json)
        term = try reader.string("term") ?? ""
        exact = try reader.bool("exact") ?? false
        fields = try reader.strings("fields") ?? []
    }

    public var json: JSONValue {
        var object: JSONObject = ["term": .string(term), "exact": .bool(exact)]
        if !fields.isEmpty { object["fields"] = .array(fields.map(JSONValue.string)) }
        return .object(object)
    }
}

/// One member that a list is sorted by.
public struct ListSort: JSONConvertible, Hashable {
    /// A direction.
    public enum Direction: String, Sendable, CaseIterable {
        /// Smallest first; largest first.
        case asc, desc
    }

    /// The record's member.
    public var field: String
    /// The direction.
    public var direction: Direction

    /// A sort by one member.
    public init(field: String, direction: Direction = .asc) {
        self.field = field
        self.direction = direction
    }

    public init(json: JSONValue) throws(WireFormatError) {
        let reader = try JSONReader(json)
        field = try reader.required("field", try reader.string("field"))
        let name = try reader.string("dir") ?? ""
        guard let direction = name.isEmpty ? .asc : Direction(rawValue: name.lowercased()) else {
            throw WireFormatError(pointer: JSONPointer(tokens: ["dir"]), reason: "must be asc or desc")
        }
        self.direction = direction
    }

    public var json: JSONValue { ["field": .string(field), "dir": .string(direction.rawValue)] }
}
