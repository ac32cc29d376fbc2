// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import FerryWire
internal import GRDB

/// A piece of SQL with its arguments; values are never part of the text.
struct SQLPiece {
    var sql: String
    var arguments: StatementArguments = []
}

extension ListedTable {
    /// The statement of a query.
    ///
    /// - Parameter columns: what it gives of each record; constant text.
    func statement(_ query: RecordQuery, columns: String = "*") throws(ServerError) -> SQLPiece {
        var parts = [SQLPiece(sql: "team_id = ?", arguments: [try query.teamID.storable])]
        for condition in query.conditions { parts.append(try self.condition(condition)) }
        if let search = query.search { parts.append(try self.search(search)) }
        if let expiry, let time = query.aliveAt {
            parts.append(SQLPiece(sql: "(\(expiry) IS NULL OR \(expiry) > ?)", arguments: [time.microseconds]))
        }
        let order = try KeysetOrder(query, table: self)
        if let position = query.position { parts.append(try order.condition(behind: position)) }
        // Backward without a position: the last records.
        var arguments = parts.reduce(into: StatementArguments()) { $0 += $1.arguments }
        arguments += [max(query.limit, 0)]
        let sql = """
            SELECT \(columns) FROM \(name) WHERE \(parts.map(\.sql).joined(separator: " AND "))
            ORDER BY \(order.sql) LIMIT ?
            """
        return SQLPiece(sql: sql, arguments: arguments)
    }

    private func condition(_ condition: RecordQuery.Condition) throws(ServerError) -> SQLPiece {
        let field = try field(condition.field)
        let operation = condition.operation
        guard field.kind == .text || !operation.isTextual else {
            throw ServerError(.validation, "\(operation.rawValue) compares text; \(condition.field) is none")
        }
        var values = StatementArguments()
        for value in condition.values {
            switch (value, field.kind) {
            case (.text(let text), .text): values += [try text.storable]
            case (.integer(let number), .integer): values += [number]
            default: throw ServerError(.validation, "the filter's value is not of the type of \(condition.field)")
            }
        }
        let count = condition.values.count
        let expected: ClosedRange<Int> =
            switch operation.arity {
            case .none: 0...0
            case .one: 1...1
            case .many: 0...Self.maximumValues
            }
        guard expected.contains(count) else {
            throw ServerError(
                .validation, "this filter takes \(expected.lowerBound) to \(expected.upperBound) values")
        }
        if case .text(let text)? = condition.values.first, operation == .like || operation == .ilike {
            return try Self.match(try LikePattern(text), field.expression, ignoringCase: operation == .ilike)
        }
        return SQLPiece(sql: Self.comparison(field, operation, count: count), arguments: values)
    }

    private static func comparison(_ field: Field, _ operation: ListFilter.Operation, count: Int) -> String {
        let expression = field.expression
        let marks = Array(repeating: "?", count: count).joined(separator: ", ")
        // What has no value is not equal to anything.
        let orNone = field.isNullable ? "\(expression) IS NULL OR " : ""
        return switch operation {
        case .eq: "\(expression) = ?"
        case .neq: "(\(orNone)\(expression) <> ?)"
        case .in: "\(expression) IN (\(marks))"
        case .notIn: "(\(orNone)\(expression) NOT IN (\(marks)))"
        case .gt: "\(expression) > ?"
        case .gte: "\(expression) >= ?"
        case .lt: "\(expression) < ?"
        case .lte: "\(expression) <= ?"
        case .like: "\(expression) GLOB ?"
        case .ilike: "\(expression) LIKE ? ESCAPE '\\'"
        case .contains: "instr(\(expression), ?) > 0"
        case .notContains: "(\(orNone)instr(\(expression), ?) = 0)"
        case .isNull: "\(expression) IS NULL"
        case .isNotNull: "\(expression) IS NOT NULL"
        case .isEmpty: field.kind == .text ? "coalesce(\(expression), '') = ''" : "\(expression) IS NULL"
        case .isNotEmpty: field.kind == .text ? "coalesce(\(expression), '') <> ''" : "\(expression) IS NOT NULL"
        }
    }

    /// LIKE does not tell ASCII capitals from small letters; GLOB does, with signs of its own.
    private static func match(
        _ pattern: LikePattern, _ expression: String, ignoringCase: Bool
    ) throws(ServerError) -> SQLPiece {
        var text = ""
        for piece in pattern.pieces {
            switch piece {
            case .any: text += ignoringCase ? "%" : "*"
            case .one: text += ignoringCase ? "_" : "?"
            case .literal(let scalar):
                let scalar = String(scalar)
                if ignoringCase {
                    text += ["%", "_", "\\"].contains(scalar) ? "\\" + scalar : scalar
                } else {
                    text += ["*", "?", "["].contains(scalar) ? "[\(scalar)]" : scalar
                }
            }
        }
        let sql = ignoringCase ? "\(expression) LIKE ? ESCAPE '\\'" : "\(expression) GLOB ?"
        return SQLPiece(sql: sql, arguments: [try text.storable])
    }

    private func search(_ search: RecordQuery.Search) throws(ServerError) -> SQLPiece {
        var parts: [SQLPiece] = []
        for name in search.fields {
            let field = try field(name)
            guard field.kind == .text else { throw ServerError(.validation, "cannot search in \(name); it is no text") }
            if search.isExact {
                parts.append(SQLPiece(sql: "\(field.expression) = ?", arguments: [try search.term.storable]))
            } else {
                let pattern = try LikePattern(containing: search.term)
                parts.append(try Self.match(pattern, field.expression, ignoringCase: true))
            }
        }
        guard !parts.isEmpty else { return SQLPiece(sql: "FALSE") }
        return SQLPiece(
            sql: "(\(parts.map { "coalesce(\($0.sql), FALSE)" }.joined(separator: " OR ")))",
            arguments: parts.reduce(into: StatementArguments()) { $0 += $1.arguments })
    }
}
