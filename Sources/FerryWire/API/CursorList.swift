// SPDX-License-Identifier: Apache-2.0

/// Which records a list wants: the body of `POST /files/list` and its kin.
public struct CursorListRequest: JSONConvertible, Hashable {
    /// Where the page begins, from an earlier answer; empty for the first page.
    public var cursor: String
    /// Most records of a page; 0 for the server's default (10).
    public var limit: Int64
    /// `next` (default, newest first) or `prev`.
    public var direction: String
    /// Conditions, all of which must hold.
    public var filters: [ListFilter]

    /// A request; everything unless told.
    public init(cursor: String = "", limit: Int64 = 0, direction: String = "next", filters: [ListFilter] = []) {
        self.cursor = cursor
        self.limit = limit
        self.direction = direction
        self.filters = filters
    }

    public init(json: JSONValue) throws(WireFormatError) {
        let reader = try JSONReader(json)
        cursor = try reader.string("cursor") ?? ""
        limit = try reader.integer("limit") ?? 0
        direction = try reader.string("direction") ?? ""
        filters = try reader.list("filters") ?? []
        if direction.isEmpty { direction = "next" }
    }

    public var json: JSONValue {
        [
            "cursor": .string(cursor), "limit": .integer(limit), "direction": .string(direction),
            "filters": .array(filters.map(\.json)),
        ]
    }
}

/// One condition of a list.
public struct ListFilter: JSONConvertible, Hashable {
    /// A comparison.
    public enum Operation: String, Sendable, CaseIterable {
        /// Equal; not equal; equal to one of a list; SQL pattern (`%`, `_`); greater; less.
        case eq, neq, `in`, like, gt, lt
    }

    /// The record's member.
    public var field: String
    /// The comparison.
    public var operation: Operation
    /// What it is compared with; a list for `in`.
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

/// One page of a list.
public struct CursorPage<Item: JSONConvertible>: JSONConvertible {
    /// The records.
    public var items: [Item]
    /// The cursor of the page after this one; empty if there is none.
    public var nextCursor: String
    /// The cursor of the page before this one; empty if there is none.
    public var previousCursor: String
    /// Whether there is a page after this one.
    public var hasNext: Bool
    /// Whether there is a page before this one.
    public var hasPrevious: Bool
    /// Most records of a page.
    public var itemsPerPage: Int64

    /// A page.
    public init(
        items: [Item], nextCursor: String = "", previousCursor: String = "", hasNext: Bool = false,
        hasPrevious: Bool = false, itemsPerPage: Int64
    ) {
        self.items = items
        self.nextCursor = nextCursor
        self.previousCursor = previousCursor
        self.hasNext = hasNext
        self.hasPrevious = hasPrevious
        self.itemsPerPage = itemsPerPage
    }

    public init(json: JSONValue) throws(WireFormatError) {
        let reader = try JSONReader(json)
        items = try reader.list("items") ?? []
        nextCursor = try reader.string("next_cursor") ?? ""
        previousCursor = try reader.string("prev_cursor") ?? ""
        hasNext = try reader.bool("has_next") ?? false
        hasPrevious = try reader.bool("has_previous") ?? false
        itemsPerPage = try reader.integer("items_per_page") ?? Int64(items.count)
    }

    public var json: JSONValue {
        [
            "items": .array(items.map(\.json)), "next_cursor": .string(nextCursor),
            "prev_cursor": .string(previousCursor), "has_next": .bool(hasNext), "has_previous": .bool(hasPrevious),
            "items_per_page": .integer(itemsPerPage),
        ]
    }
}
