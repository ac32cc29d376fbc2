// SPDX-License-Identifier: Apache-2.0

internal import FerryWire

/// Answers a record query over records in memory.
package struct RecordMatcher<Record: ListedRecord> {
    private let query: RecordQuery
    private let patterns: [LikePattern?]
    private let search: LikePattern?

    /// - Throws: `ServerError` for a query that makes no sense.
    package init(_ query: RecordQuery) throws(ServerError) {
        self.query = query
        var patterns: [LikePattern?] = []
        for condition in query.conditions { patterns.append(try Self.check(condition)) }
        self.patterns = patterns
        var search: LikePattern?
        if let wanted = query.search {
            for field in wanted.fields {
                guard try Self.kind(field) == .text else {
                    throw ServerError(.validation, "cannot search in \(field); it is no text")
                }
            }
            search = try LikePattern(containing: wanted.term)
        }
        self.search = search
        for part in query.order { _ = try Self.kind(part.field) }
        if let position = query.position, position.values.count != query.order.count {
            throw ServerError(.validation, "the place is none of this order")
        }
    }

    /// The records the query wants, in its order.
    package func list(_ records: some Sequence<Record>) -> [Record] {
        let wanted = records.filter { record in
            record.teamID.utf8.elementsEqual(query.teamID.utf8)
                && (query.aliveAt.map { record.isAlive(at: $0) } ?? true)
                && zip(query.conditions, patterns).allSatisfy { holds($0, $1, of: record) }
                && isFound(record) && isBehind(record)
        }
        let sorted = wanted.sorted { precedes($0.position(in: query), $1.position(in: query)) }
        let limit = max(query.limit, 0)
        return Array(query.isBackward ? sorted.suffix(limit) : sorted.prefix(limit))
    }

    private func isBehind(_ record: Record) -> Bool {
        guard let place = query.position else { return true }
        let own = record.position(in: query)
        return query.isBackward ? precedes(own, place) : precedes(place, own)
    }

    /// Whether one place comes before another in the query's order.
    private func precedes(_ lhs: RecordQuery.Position, _ rhs: RecordQuery.Position) -> Bool {
        for (part, pair) in zip(query.order, zip(lhs.values, rhs.values)) {
            let result = Self.compare(pair.0, pair.1)
            if result != 0 { return part.isDescending ? result > 0 : result < 0 }
        }
        let result = Self.compare(.text(lhs.id), .text(rhs.id))
        return query.order.last?.isDescending ?? true ? result > 0 : result < 0
    }

    private static func kind(_ field: String) throws(ServerError) -> RecordQuery.Kind {
        guard let kind = Record.listFields[field] else {
            let known = Record.listFields.keys.sorted().joined(separator: ", ")
            throw ServerError(.validation, "cannot filter or sort by this field; use one of \(known)")
        }
        return kind
    }

    private static func check(_ condition: RecordQuery.Condition) throws(ServerError) -> LikePattern? {
        let kind = try kind(condition.field)
        let operation = condition.operation
        guard kind == .text || !operation.isTextual else {
            throw ServerError(.validation, "\(operation.rawValue) compares text; \(condition.field) is none")
        }
        let count = condition.values.count
        guard operation.arity == .many || count == (operation.arity == .one ? 1 : 0) else {
            throw ServerError(.validation, "this filter takes another number of values")
        }
        for value in condition.values {
            switch (kind, value) {
            case (.text, .text), (.integer, .integer), (.time, .integer): break
            default: throw ServerError(.validation, "the filter's value is not of the type of \(condition.field)")
            }
        }
        guard operation == .like || operation == .ilike, case .text(let text)? = condition.values.first else {
            return nil
        }
        return try LikePattern(text)
    }

    private func holds(_ condition: RecordQuery.Condition, _ pattern: LikePattern?, of record: Record) -> Bool {
        let found = record.listValue(condition.field)
        let wanted = condition.values.first
        let isEqual = condition.values.contains { Self.compare(found, $0) == 0 }
        return switch condition.operation {
        case .eq, .in: isEqual
        case .neq, .notIn: !isEqual
        case .gt: found != nil && Self.compare(found, wanted) > 0
        case .gte: found != nil && Self.compare(found, wanted) >= 0
        case .lt: found != nil && Self.compare(found, wanted) < 0
        case .lte: found != nil && Self.compare(found, wanted) <= 0
        case .like: Self.text(found).map { pattern?.matches($0, ignoringCase: false) ?? false } ?? false
        case .ilike: Self.text(found).map { pattern?.matches($0, ignoringCase: true) ?? false } ?? false
        case .contains: Self.contains(found, wanted)
        case .notContains: !Self.contains(found, wanted)
        case .isNull: found == nil
        case .isNotNull: found != nil
        case .isEmpty: found == nil || Self.text(found)?.utf8.isEmpty == true
        case .isNotEmpty: found != nil && Self.text(found)?.utf8.isEmpty != true
        }
    }

    private func isFound(_ record: Record) -> Bool {
        guard let wanted = query.search, let search else { return true }
        return wanted.fields.contains { field in
            guard let text = Self.text(record.listValue(field)) else { return false }
            return wanted.isExact
                ? text.utf8.elementsEqual(wanted.term.utf8) : search.matches(text, ignoringCase: true)
        }
    }

    private static func text(_ value: RecordQuery.Value?) -> String? {
        if case .text(let text)? = value { text } else { nil }
    }

    private static func contains(_ found: RecordQuery.Value?, _ wanted: RecordQuery.Value?) -> Bool {
        guard let text = text(found), let part = Self.text(wanted) else { return false }
        return part.utf8.isEmpty || Array(text.utf8).firstRange(of: Array(part.utf8)) != nil
    }

    /// The order of two values: by number, or by bytes; none before all.
    private static func compare(_ lhs: RecordQuery.Value?, _ rhs: RecordQuery.Value?) -> Int {
        switch (lhs, rhs) {
        case (nil, nil): 0
        case (nil, _): -1
        case (_, nil): 1
        case (.integer(let lhs)?, .integer(let rhs)?): lhs < rhs ? -1 : lhs > rhs ? 1 : 0
        case (.text(let lhs)?, .text(let rhs)?):
            lhs.utf8.elementsEqual(rhs.utf8) ? 0 : lhs.utf8.lexicographicallyPrecedes(rhs.utf8) ? -1 : 1
        case (.integer?, .text?): -1
        case (.text?, .integer?): 1
        }
    }
}
