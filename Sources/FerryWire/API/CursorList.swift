// SPDX-License-Identifier: Apache-2.0

/// Which records a list wants: the body of `POST /files/list` and its kin.
public struct CursorListRequest: JSONConvertible, Hashable {
    /// Where the page begins, from an earlier answer; empty for the first page. Good for the same ``sort`` alone.
    public var cursor: String
    /// Most records of a page; 0 for the server's default (10).
    public var limit: Int64
    /// `next` (default) or `prev`.
    public var direction: String
    /// Conditions, all of which must hold.
    public var filters: [ListFilter]
    /// A text that one of several members must hold.
    public var search: ListSearch?
    /// What the records are sorted by, the most important first; empty for the newest first.
    public var sort: [ListSort]
    /// The members each record shall have, `id` always among them; empty for all.
    public var fields: [String]

    /// A request; everything unless told.
    public init(
        cursor: String = "", limit: Int64 = 0, direction: String = "next", filters: [ListFilter] = [],
        search: ListSearch? = nil, sort: [ListSort] = [], fields: [String] = []
    ) {
        self.cursor = cursor
        self.limit = limit
        self.direction = direction
        self.filters = filters
        self.search = search
        self.sort = sort
        self.fields = fields
    }

    /// Reads a request. Members of older clients that have no meaning here are ignored, but for a `page` above 1, which
    /// is refused: the first page in its place would be taken for it.
    public init(json: JSONValue) throws(WireFormatError) {
        let reader = try JSONReader(json)
        cursor = try reader.string("cursor") ?? ""
        limit = try reader.integer("limit") ?? 0
        direction = try reader.string("direction") ?? ""
        filters = try reader.list("filters") ?? []
        search = try reader.value("search").map { json throws(WireFormatError) in
            do throws(WireFormatError) {
                return try ListSearch(json: json)
            } catch {
                throw WireFormatError(
                    pointer: JSONPointer(tokens: ["search"] + error.pointer.tokens), reason: error.reason)
            }
        }
        if search?.term.utf8.isEmpty == true { search = nil }
        sort = try reader.list("sort") ?? []
        fields = try reader.strings("fields") ?? []
        if direction.isEmpty { direction = "next" }
        if cursor.isEmpty, let page = try reader.integer("page"), page > 1 {
            throw WireFormatError(
                pointer: JSONPointer(tokens: ["page"]), reason: "pages have no numbers here; use next_cursor as cursor")
        }
    }

    public var json: JSONValue {
        var object: JSONObject = [
            "cursor": .string(cursor), "limit": .integer(limit), "direction": .string(direction),
            "filters": .array(filters.map(\.json)),
        ]
        if let search { object["search"] = search.json }
        if !sort.isEmpty { object["sort"] = .array(sort.map(\.json)) }
        if !fields.isEmpty { object["fields"] = .array(fields.map(JSONValue.string)) }
        return .object(object)
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
