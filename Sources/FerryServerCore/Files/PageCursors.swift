// SPDX-License-Identifier: Apache-2.0

internal import Crypto
package import FerryWire

/// Lists by pages: checks what a caller asks for, and makes and reads cursors.
///
/// A cursor is opaque and sealed: one that was altered, or made for another team, is refused.
package struct PageCursors: Sendable {
    /// What values a list's field holds.
    package enum FieldKind: Sendable {
        case text, integer, time
    }

    private let key: SymmetricKey
    private let limits: ServerLimits
    private static let sealLength = 16

    package init(secret: [UInt8], limits: ServerLimits) {
        key = SymmetricKey(data: secret)
        self.limits = limits
    }

    /// The query of a request.
    ///
    /// - Throws: ``ServerError`` of code `validation_error` naming what was wrong. A limit above
    ///   ``ServerLimits/maximumPageSize`` is cut to it, 0 is the default.
    package func query(
        _ request: CursorListRequest, teamID: String, fields: [String: FieldKind]
    ) throws(ServerError) -> RecordQuery {
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
            conditions.append(try condition(filter, fields: fields, place: "/filters/\(index)"))
        }
        let position = request.cursor.isEmpty ? nil : try open(request.cursor, teamID: teamID)
        return RecordQuery(
            teamID: teamID, conditions: conditions, position: position,
            isBackward: request.direction == "prev" && position != nil, limit: limit)
    }

    private func condition(
        _ filter: ListFilter, fields: [String: FieldKind], place: String
    ) throws(ServerError) -> RecordQuery.Condition {
        guard let kind = fields[filter.field] else {
            let known = fields.keys.sorted().joined(separator: ", ")
            throw ServerError(.validation, "\(place)/field: unknown field; known are \(known)")
        }
        if filter.operation == .like, kind != .text {
            throw ServerError(.validation, "\(place)/operator: like needs a text field")
        }
        let given = filter.operation == .in ? filter.value.arrayValue : [filter.value]
        guard let given, given.count <= limits.maximumFilterValues else {
            throw ServerError(
                .validation, "\(place)/value: expected an array of at most \(limits.maximumFilterValues) values")
        }
        var values: [RecordQuery.Value] = []
        for value in given {
            let typed: RecordQuery.Value? =
                switch kind {
                case .text: value.stringValue.map { .text($0) }
                case .integer: value.integerValue.map { .integer($0) }
                case .time: value.stringValue.flatMap(Timestamp.init(rfc3339:)).map { .integer($0.microseconds) }
                }
            guard let typed else {
                let expected = kind == .text ? "a string" : kind == .integer ? "an integer" : "an RFC 3339 time"
                throw ServerError(.validation, "\(place)/value: expected \(expected)")
            }
            values.append(typed)
        }
        return RecordQuery.Condition(field: filter.field, operation: filter.operation, values: values)
    }

    /// Reads a page, and one record more to know whether there is another.
    package func page<Record: Sendable>(
        _ query: RecordQuery, read: (RecordQuery) async throws -> [Record],
        position: (Record) -> RecordQuery.Position
    ) async throws -> RecordPage<Record> {
        var wider = query
        wider.limit += 1
        var records = try await read(wider)
        let hasMore = records.count > query.limit
        if hasMore { if query.isBackward { records.removeFirst() } else { records.removeLast() } }
        let hasNext = query.isBackward ? true : hasMore
        let hasPrevious = query.isBackward ? hasMore : query.position != nil
        return RecordPage(
            records: records,
            nextCursor: hasNext ? records.last.map { seal(position($0), teamID: query.teamID) } ?? "" : "",
            previousCursor: hasPrevious ? records.first.map { seal(position($0), teamID: query.teamID) } ?? "" : "",
            hasNext: hasNext && !records.isEmpty, hasPrevious: hasPrevious && !records.isEmpty,
            pageSize: query.limit)
    }

    private func seal(_ position: RecordQuery.Position, teamID: String) -> String {
        let payload = Array("\(position.createdAt.microseconds).\(position.id)".utf8)
        return Base64.encodeURLSafe(mac(payload, teamID) + payload)
    }

    private func open(_ cursor: String, teamID: String) throws(ServerError) -> RecordQuery.Position {
        let refusal = ServerError(.validation, "/cursor: not a cursor of this list; begin again without one")
        guard cursor.utf8.count <= 256, let bytes = Base64.decode(urlSafe: Array(cursor.utf8)),
            bytes.count > Self.sealLength
        else { throw refusal }
        let payload = Array(bytes[Self.sealLength...])
        guard mac(payload, teamID) == Array(bytes[..<Self.sealLength]) else { throw refusal }
        let parts = String(decoding: payload, as: UTF8.self).split(separator: ".")
        guard parts.count == 2, let time = Int64(parts[0]) else { throw refusal }
        return RecordQuery.Position(createdAt: Timestamp(microseconds: time), id: String(parts[1]))
    }

    private func mac(_ payload: [UInt8], _ teamID: String) -> [UInt8] {
        let message = Array(teamID.utf8) + [0] + payload
        return Array(HMAC<SHA256>.authenticationCode(for: message, using: key).prefix(Self.sealLength))
    }
}
