// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// Which records of a team a list wants: in a given order, a page at a time, by keyset (never by offset).
public struct RecordQuery: Sendable, Hashable {
    /// A value to compare with, of the type of its field.
    public enum Value: Sendable, Hashable {
        case text(String)
        case integer(Int64)
    }

    /// What values a field holds.
    public enum Kind: Sendable {
        case text
        case integer
        /// Times, as integers: microseconds since 1970.
        case time
    }

    /// One condition. Times are compared as microseconds since 1970, Booleans as 0 and 1.
    ///
    /// A field without a value is not equal to anything: it meets `neq`, `not_in`, `not_contains`, `is_null` and
    /// `is_empty`, and nothing else.
    public struct Condition: Sendable, Hashable {
        /// The record's member; one of the fields the store's documentation names.
        public var field: String
        /// The comparison.
        public var operation: ListFilter.Operation
        /// What it is compared with, as many as the operation takes. None for `in` matches nothing, none for `not_in`
        /// everything.
        public var values: [Value]

        /// A condition.
        public init(field: String, operation: ListFilter.Operation, values: [Value]) {
            self.field = field
            self.operation = operation
            self.values = values
        }
    }

    /// A text that one of several fields must hold.
    public struct Search: Sendable, Hashable {
        /// The text.
        public var term: String
        /// Whether a field must be equal to it; otherwise it need only contain it, ASCII capitals or not.
        public var isExact: Bool
        /// The fields, all of text. None matches nothing.
        public var fields: [String]

        /// A search.
        public init(term: String, isExact: Bool, fields: [String]) {
            self.term = term
            self.isExact = isExact
            self.fields = fields
        }
    }

    /// One field of an order. Texts are ordered by their bytes; no value comes before every value.
    public struct Sort: Sendable, Hashable {
        /// The record's member.
        public var field: String
        /// Whether the largest comes first.
        public var isDescending: Bool

        /// A sort by one field.
        public init(field: String, isDescending: Bool) {
            self.field = field
            self.isDescending = isDescending
        }
    }

    /// A place between records: just behind the one of these values.
    public struct Position: Sendable, Hashable {
        /// The record's values of the fields of the order, in its sequence.
        public var values: [Value?]
        /// The record's id, which decides among equal values, compared by bytes.
        public var id: String

        /// A place.
        public init(values: [Value?], id: String) {
            self.values = values
            self.id = id
        }

        /// A place among records in the usual order.
        public init(createdAt: Timestamp, id: String) {
            self.init(values: [.integer(createdAt.microseconds)], id: id)
        }
    }

    /// The team whose records are meant.
    public var teamID: String
    /// Conditions, all of which must hold.
    public var conditions: [Condition]
    /// A text to look for.
    public var search: Search?
    /// The order, the most important field first; empty for the newest first. Records of equal values are ordered by
    /// their ids, in the direction of the last field.
    public var sort: [Sort]
    /// Where the page begins; nil for the first records.
    public var position: Position?
    /// Whether to go back from the position. The answer is in the same order all the same, and holds the records
    /// nearest to the position.
    public var isBackward: Bool
    /// Leaves out records whose time is over then; nil for none.
    public var aliveAt: Timestamp?
    /// Most records.
    public var limit: Int

    /// A query.
    public init(
        teamID: String, conditions: [Condition] = [], search: Search? = nil, sort: [Sort] = [],
        position: Position? = nil, isBackward: Bool = false, aliveAt: Timestamp? = nil, limit: Int
    ) {
        self.teamID = teamID
        self.conditions = conditions
        self.search = search
        self.sort = sort
        self.position = position
        self.isBackward = isBackward
        self.aliveAt = aliveAt
        self.limit = limit
    }

    /// The order in force.
    public var order: [Sort] { sort.isEmpty ? [Sort(field: "created_at", isDescending: true)] : sort }
}
