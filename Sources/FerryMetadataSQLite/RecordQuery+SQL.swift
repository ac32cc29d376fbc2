// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import FerryWire
internal import GRDB

/// A table that lists are made of, with the fields conditions may name.
struct ListedTable: Sendable {
    /// A field.
    struct Field: Sendable {
        enum Kind: Sendable {
            case text
            case integer
        }

        /// What it is in SQL; constant text.
        var expression: String
        var kind: Kind
    }

    var name: String
    var fields: [String: Field]

    /// Most values of one condition.
    static let maximumValues = 10_000
    /// Most bytes of a pattern; longer ones cost time that grows with the square.
    static let maximumPatternLength = 1_000

    /// The statement of a query with its arguments; values are never part of the text.
    func statement(_ query: RecordQuery) throws(ServerError) -> (sql: String, arguments: StatementArguments) {
        var conditions = ["team_id = ?"]
        var arguments: StatementArguments = [try query.teamID.storable]
        for condition in query.conditions {
            let (sql, values) = try self.condition(condition)
            conditions.append(sql)
            arguments += values
        }
        if let position = query.position {
            conditions.append("(created_at, id) \(query.isBackward ? ">" : "<") (?, ?)")
            arguments += [position.createdAt.microseconds, try position.id.storable]
        }
        // Backward without a position: the oldest records.
        let order = query.isBackward ? "ASC" : "DESC"
        arguments += [max(query.limit, 0)]
        let sql = """
            SELECT * FROM \(name) WHERE \(conditions.joined(separator: " AND "))
            ORDER BY created_at \(order), id \(order) LIMIT ?
            """
        return (sql, arguments)
    }

    private func condition(
        _ condition: RecordQuery.Condition
    ) throws(ServerError) -> (sql: String, arguments: StatementArguments) {
        guard let field = fields[condition.field] else {
            let known = fields.keys.sorted().joined(separator: ", ")
            throw ServerError(.validation, "cannot filter by this field; use one of \(known)")
        }
        var arguments = StatementArguments()
        for value in condition.values {
            switch (value, field.kind) {
            case (.text(let text), .text): arguments += [try text.storable]
            case (.integer(let number), .integer): arguments += [number]
            default: throw ServerError(.validation, "the filter's value is not of the type of \(condition.field)")
            }
        }
        if condition.operation == .in {
            guard condition.values.count <= Self.maximumValues else {
                throw ServerError(.validation, "a filter takes at most \(Self.maximumValues) values")
            }
            let marks = Array(repeating: "?", count: condition.values.count).joined(separator: ", ")
            return ("\(field.expression) IN (\(marks))", arguments)
        }
        guard condition.values.count == 1 else {
            throw ServerError(.validation, "this filter takes exactly one value")
        }
        if condition.operation == .like, case .text(let pattern) = condition.values[0] {
            guard pattern.utf8.count <= Self.maximumPatternLength else {
                throw ServerError(.validation, "a pattern has at most \(Self.maximumPatternLength) bytes")
            }
        } else if condition.operation == .like {
            throw ServerError(.validation, "like compares text; \(condition.field) is a number")
        }
        return ("\(field.expression) \(Self.sign(condition.operation)) ?", arguments)
    }

    private static func sign(_ operation: ListFilter.Operation) -> String {
        switch operation {
        case .eq: "="
        case .neq: "<>"
        case .in: "IN"
        case .like: "LIKE"
        case .gt: ">"
        case .lt: "<"
        }
    }
}

extension ListedTable {
    static let files = ListedTable(
        name: "files",
        fields: [
            "id": Field(expression: "id", kind: .text),
            "filename": Field(expression: "filename", kind: .text),
            "content_type": Field(expression: "content_type", kind: .text),
            "path": Field(expression: "path", kind: .text),
            "category": Field(expression: "category", kind: .text),
            "visibility": Field(expression: "iif(is_public, 'public', 'team')", kind: .text),
            "size": Field(expression: "coalesce(blob_size, declared_size, 0)", kind: .integer),
            "created_at": Field(expression: "created_at", kind: .integer),
            "updated_at": Field(expression: "updated_at", kind: .integer),
        ])

    static let tasks = ListedTable(
        name: "tasks",
        fields: [
            "id": Field(expression: "id", kind: .text),
            "app": Field(expression: "app", kind: .text),
            "function": Field(expression: "function", kind: .text),
            "status": Field(expression: "status", kind: .integer),
            "created_at": Field(expression: "created_at", kind: .integer),
            "updated_at": Field(expression: "updated_at", kind: .integer),
        ])
}
