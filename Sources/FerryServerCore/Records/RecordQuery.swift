// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// Which records of a team a list wants: newest first, a page at a time, by keyset (never by offset).
public struct RecordQuery: Sendable, Hashable {
    /// A value to compare with, of the type of its field.
    public enum Value: Sendable, Hashable {
        case text(String)
        case integer(Int64)
    }

    /// One condition. Times are compared as microseconds since 1970, Booleans as 0 and 1.
    public struct Condition: Sendable, Hashable {
        /// The record's member; one of the fields the store's documentation names.
        public var field: String
        /// The comparison.
        public var operation: ListFilter.Operation
        /// What it is compared with; one value but for `in`. Empty for `in` matches nothing.
        public var values: [Value]

        /// A condition.
        public init(field: String, operation: ListFilter.Operation, values: [Value]) {
            self.field = field
            self.operation = operation
            self.values = values
        }
    }

    /// A place between records: just after (older than) this one.
    public struct Position: Sendable, Hashable {
        /// The record's time of making.
        public var createdAt: Timestamp
        /// The record's id, which decides among equal times, compared by bytes.
        public var id: String

        /// A place.
        public init(createdAt: Timestamp, id: String) {
            self.createdAt = createdAt
            self.id = id
        }
    }

    /// The team whose records are meant.
    public var teamID: String
    /// Conditions, all of which must hold.
    public var conditions: [Condition]
    /// Where the page begins; nil for the newest records.
    public var position: Position?
    /// Whether to go back from the position to newer records. The answer is newest first all the same, and holds the
    /// records nearest to the position.
    public var isBackward: Bool
    /// Most records.
    public var limit: Int

    /// A query.
    public init(
        teamID: String, conditions: [Condition] = [], position: Position? = nil, isBackward: Bool = false, limit: Int
    ) {
        self.teamID = teamID
        self.conditions = conditions
        self.position = position
        self.isBackward = isBackward
        self.limit = limit
    }
}
