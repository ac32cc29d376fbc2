// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import FerryWire

/// Answers a record query over records in memory.
struct RecordMatcher<Record> {
    /// What a condition may name.
    enum Field {
        case text((Record) -> String)
        case integer((Record) -> Int64)
    }

    /// Most bytes of a pattern.
    static var maximumPatternLength: Int { 1_000 }

    let fields: [String: Field]
    let position: (Record) -> RecordQuery.Position
    let teamID: (Record) -> String

    /// The records a query wants, newest first.
    func list(_ query: RecordQuery, from records: some Sequence<Record>) throws(ServerError) -> [Record] {
        for condition in query.conditions { try check(condition) }
        let wanted = records.filter { record in
            teamID(record).utf8.elementsEqual(query.teamID.utf8)
                && query.conditions.allSatisfy { holds($0, of: record) }
                && (query.position.map { isBeyond(record, $0, query.isBackward) } ?? true)
        }
        let newestFirst = wanted.sorted { Self.isNewer(position($0), position($1)) }
        let limit = max(query.limit, 0)
        return Array(query.isBackward ? newestFirst.suffix(limit) : newestFirst.prefix(limit))
    }

    private func isBeyond(_ record: Record, _ place: RecordQuery.Position, _ isBackward: Bool) -> Bool {
        isBackward ? Self.isNewer(position(record), place) : Self.isNewer(place, position(record))
    }

    private static func isNewer(_ lhs: RecordQuery.Position, _ rhs: RecordQuery.Position) -> Bool {
        lhs.createdAt == rhs.createdAt
            ? rhs.id.utf8.lexicographicallyPrecedes(lhs.id.utf8) : lhs.createdAt > rhs.createdAt
    }

    private func check(_ condition: RecordQuery.Condition) throws(ServerError) {
        guard let field = fields[condition.field] else {
            let known = fields.keys.sorted().joined(separator: ", ")
            throw ServerError(.validation, "cannot filter by this field; use one of \(known)")
        }
        guard condition.operation == .in || condition.values.count == 1 else {
            throw ServerError(.validation, "this filter takes exactly one value")
        }
        for value in condition.values {
            switch (field, value) {
            case (.text, .text(let text)):
                guard condition.operation != .like || text.utf8.count <= Self.maximumPatternLength else {
                    throw ServerError(.validation, "a pattern has at most \(Self.maximumPatternLength) bytes")
                }
            case (.integer, .integer) where condition.operation != .like: break
            default: throw ServerError(.validation, "the filter's value is not of the type of \(condition.field)")
            }
        }
    }

    private func holds(_ condition: RecordQuery.Condition, of record: Record) -> Bool {
        let found: RecordQuery.Value
        switch fields[condition.field] {
        case .text(let read): found = .text(read(record))
        case .integer(let read): found = .integer(read(record))
        case nil: return false
        }
        let operation = condition.operation
        return operation == .neq
            ? !condition.values.contains { Self.compare(found, $0) == 0 }
            : condition.values.contains { value in
                switch operation {
                case .eq, .in, .neq: Self.compare(found, value) == 0
                case .gt: Self.compare(found, value) > 0
                case .lt: Self.compare(found, value) < 0
                case .like: Self.isLike(found, value)
                }
            }
    }

    private static func compare(_ lhs: RecordQuery.Value, _ rhs: RecordQuery.Value) -> Int {
        switch (lhs, rhs) {
        case (.integer(let lhs), .integer(let rhs)): lhs < rhs ? -1 : lhs > rhs ? 1 : 0
        case (.text(let lhs), .text(let rhs)):
            lhs.utf8.elementsEqual(rhs.utf8) ? 0 : lhs.utf8.lexicographicallyPrecedes(rhs.utf8) ? -1 : 1
        case (.integer, .text): -1
        case (.text, .integer): 1
        }
    }

    private static func isLike(_ found: RecordQuery.Value, _ pattern: RecordQuery.Value) -> Bool {
        guard case .text(let text) = found, case .text(let pattern) = pattern else { return false }
        return matches(Array(text.unicodeScalars)[...], Array(pattern.unicodeScalars)[...])
    }

    /// `%` stands for any text, `_` for one scalar; ASCII letters match in either case.
    private static func matches(_ text: ArraySlice<Unicode.Scalar>, _ pattern: ArraySlice<Unicode.Scalar>) -> Bool {
        var text = text
        var pattern = pattern
        // Where to try anew: behind the last `%`, one scalar of text further on.
        var retry: (text: ArraySlice<Unicode.Scalar>, pattern: ArraySlice<Unicode.Scalar>)?
        while true {
            if pattern.first == "%" {
                pattern.removeFirst()
                retry = (text, pattern)
            } else if let scalar = text.first, let wanted = pattern.first,
                wanted == "_" || folded(scalar) == folded(wanted)
            {
                text.removeFirst()
                pattern.removeFirst()
            } else if text.isEmpty && pattern.isEmpty {
                return true
            } else if var next = retry, !next.text.isEmpty {
                next.text.removeFirst()
                retry = next
                (text, pattern) = next
            } else {
                return false
            }
        }
    }

    private static func folded(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        ("A"..."Z").contains(scalar) ? Unicode.Scalar(UInt8(scalar.value) | 0x20) : scalar
    }
}
