// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import GRDB

/// The order of a list in SQL, and the condition of being behind a place in it.
struct KeysetOrder {
    private struct Key {
        var field: ListedTable.Field
        /// Whether the statement wants the largest first.
        var isDescending: Bool
    }

    private let keys: [Key]

    /// The order of a query; of one that goes back, the other way round.
    init(_ query: RecordQuery, table: ListedTable) throws(ServerError) {
        var keys: [Key] = []
        for part in query.order {
            keys.append(Key(field: try table.field(part.field), isDescending: part.isDescending != query.isBackward))
        }
        // Ids decide among equal values.
        let last = keys.last?.isDescending ?? true
        self.keys = keys + [Key(field: ListedTable.Field(expression: "id", kind: .text), isDescending: last)]
    }

    /// What stands behind ORDER BY. No value comes before every value, as in this database.
    var sql: String {
        keys.map { "\($0.field.expression) \($0.isDescending ? "DESC" : "ASC")" }.joined(separator: ", ")
    }

    /// The condition of being behind a place.
    ///
    /// - Throws: `ServerError` if the place is not one of this order.
    func condition(behind position: RecordQuery.Position) throws(ServerError) -> SQLPiece {
        let values = position.values + [.text(position.id)]
        let foreign = ServerError(.validation, "the place is none of this order")
        guard values.count == keys.count else { throw foreign }
        var arguments: [(any DatabaseValueConvertible)?] = []
        for (key, value) in zip(keys, values) {
            switch (value, key.field.kind) {
            case (.text(let text)?, .text): arguments.append(try text.storable)
            case (.integer(let number)?, .integer): arguments.append(number)
            case (nil, _) where key.field.isNullable: arguments.append(nil)
            default: throw foreign
            }
        }
        let isUniform = keys.allSatisfy { $0.isDescending == keys[0].isDescending && !$0.field.isNullable }
        // One comparison of rows can use an index for all of its columns.
        if isUniform {
            let columns = keys.map(\.field.expression).joined(separator: ", ")
            let marks = Array(repeating: "?", count: keys.count).joined(separator: ", ")
            return SQLPiece(
                sql: "(\(columns)) \(keys[0].isDescending ? "<" : ">") (\(marks))",
                arguments: StatementArguments(arguments))
        }
        var cases: [SQLPiece] = []
        for index in keys.indices {
            guard let beyond = beyond(keys[index], arguments[index]) else { continue }
            let equal = keys[..<index].map { "\($0.field.expression) IS ?" }
            let sql = (equal + [beyond.sql]).joined(separator: " AND ")
            cases.append(
                SQLPiece(sql: "(\(sql))", arguments: StatementArguments(arguments[..<index]) + beyond.arguments))
        }
        guard !cases.isEmpty else { return SQLPiece(sql: "FALSE") }
        return SQLPiece(
            sql: "(\(cases.map(\.sql).joined(separator: " OR ")))",
            arguments: cases.reduce(into: StatementArguments()) { $0 += $1.arguments })
    }

    /// The condition of being beyond one value; nil if nothing is.
    private func beyond(_ key: Key, _ value: (any DatabaseValueConvertible)?) -> SQLPiece? {
        let expression = key.field.expression
        guard let value else { return key.isDescending ? nil : SQLPiece(sql: "\(expression) IS NOT NULL") }
        guard key.isDescending else { return SQLPiece(sql: "\(expression) > ?", arguments: [value]) }
        let sql = key.field.isNullable ? "(\(expression) < ? OR \(expression) IS NULL)" : "\(expression) < ?"
        return SQLPiece(sql: sql, arguments: [value])
    }
}
