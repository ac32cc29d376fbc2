// SPDX-License-Identifier: Apache-2.0

internal import FerryWire

/// Checks what a caller asks of a list, but for its cursor.
struct ListRules {
    let limits: ServerLimits
    let fields: [String: RecordQuery.Kind]
    let searchFields: [String]

    /// The query of a request, from the list's beginning.
    ///
    /// - Throws: ``ServerError`` of code `validation_error` naming what was wrong.
    func query(_ request: CursorListRequest, teamID: String) throws(ServerError) -> RecordQuery {
        guard request.limit >= 0 else { throw ServerError(.validation, "/limit: must not be negative") }
        let limit = request.limit == 0 ? limits.defaultPageSize : Int(min(request.limit, Int64(limits.maximumPageSize)))
        guard request.direction == "next" || request.direction == "prev" else {
            throw ServerError(.validation, "/direction: must be next or prev")
        }
        guard request.filters.count <= limits.maximumFilters else {
            throw ServerError(.validation, "/filters: must have at most \(limits.maximumFilters) elements")
        }
        var conditions: [RecordQuery.Condition] = []
        for (index, filter) in request.filters.enumerated() {
            conditions.append(try condition(filter, place: "/filters/\(index)"))
        }
        return RecordQuery(
            teamID: teamID, conditions: conditions, search: try search(request.search), sort: try sort(request.sort),
            limit: limit)
    }

    private func kind(_ field: String, place: String) throws(ServerError) -> RecordQuery.Kind {
        guard let kind = fields[field] else {
            let known = fields.keys.sorted().joined(separator: ", ")
            throw ServerError(.validation, "\(place): unknown field; known are \(known)")
        }
        return kind
    }

    private func condition(_ filter: ListFilter, place: String) throws(ServerError) -> RecordQuery.Condition {
        let kind = try kind(filter.field, place: "\(place)/field")
        let operation = filter.operation
        guard kind == .text || !operation.isTextual else {
            throw ServerError(.validation, "\(place)/operator: \(operation.rawValue) needs a text field")
        }
        var given: [JSONValue] = []
        switch operation.arity {
        case .none: break
        case .one: given = [filter.value]
        case .many:
            guard let list = filter.value.arrayValue, list.count <= limits.maximumFilterValues else {
                throw ServerError(
                    .validation, "\(place)/value: expected an array of at most \(limits.maximumFilterValues) values")
            }
            given = list
        }
        var values: [RecordQuery.Value] = []
        for value in given { values.append(try self.value(value, kind, place: "\(place)/value")) }
        if operation == .like || operation == .ilike, case .text(let text)? = values.first {
            do throws(ServerError) {
                _ = try LikePattern(text)
            } catch {
                throw ServerError(.validation, "\(place)/value: \(error.message)")
            }
        }
        return RecordQuery.Condition(field: filter.field, operation: operation, values: values)
    }

    private func value(
        _ value: JSONValue, _ kind: RecordQuery.Kind, place: String
    ) throws(ServerError) -> RecordQuery.Value {
        switch kind {
        case .text:
            if let text = value.stringValue { return .text(text) }
            throw ServerError(.validation, "\(place): expected a string")
        case .integer:
            if let number = value.integerValue { return .integer(number) }
            throw ServerError(.validation, "\(place): expected an integer")
        case .time:
            if let time = value.stringValue.flatMap(Timestamp.init(rfc3339:)) { return .integer(time.microseconds) }
            throw ServerError(.validation, "\(place): expected an RFC 3339 time")
        }
    }

    private func search(_ search: ListSearch?) throws(ServerError) -> RecordQuery.Search? {
        guard let search, !search.term.isEmpty else { return nil }
        guard search.term.utf8.count <= LikePattern.maximumLength else {
            throw ServerError(.validation, "/search/term: must have at most \(LikePattern.maximumLength) bytes")
        }
        guard search.fields.count <= fields.count else {
            throw ServerError(.validation, "/search/fields: must have at most \(fields.count) elements")
        }
        for (index, field) in search.fields.enumerated() {
            guard try kind(field, place: "/search/fields/\(index)") == .text else {
                throw ServerError(.validation, "/search/fields/\(index): only text fields can be searched")
            }
        }
        return RecordQuery.Search(
            term: search.term, isExact: search.exact, fields: search.fields.isEmpty ? searchFields : search.fields)
    }

    private func sort(_ sort: [ListSort]) throws(ServerError) -> [RecordQuery.Sort] {
        guard sort.count <= limits.maximumSorts else {
            throw ServerError(.validation, "/sort: must have at most \(limits.maximumSorts) elements")
        }
        var result: [RecordQuery.Sort] = []
        for (index, part) in sort.enumerated() {
            _ = try kind(part.field, place: "/sort/\(index)/field")
            guard !result.contains(where: { $0.field == part.field }) else {
                throw ServerError(.validation, "/sort/\(index)/field: named twice")
            }
            result.append(RecordQuery.Sort(field: part.field, isDescending: part.direction == .desc))
        }
        return result
    }
}
