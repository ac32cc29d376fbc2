// SPDX-License-Identifier: Apache-2.0

internal import Crypto
package import FerryWire

/// Makes and reads the cursors of lists, and reads their pages.
///
/// A cursor is opaque and sealed: one that was altered, or made for another team, list or order, is refused.
package struct PageCursors: Sendable {
    let limits: ServerLimits
    private let key: SymmetricKey
    private static let sealLength = 16
    /// Most characters of a cursor; it holds the values of the fields that the list is sorted by.
    private static let maximumLength = 16 << 10

    package init(secret: [UInt8], limits: ServerLimits) {
        key = SymmetricKey(data: secret)
        self.limits = limits
    }

    /// The query of a request.
    ///
    /// - Throws: ``ServerError`` of code `validation_error` naming what was wrong. A limit above
    ///   ``ServerLimits/maximumPageSize`` is cut to it, 0 is the default.
    package func query<Record: ListedRecord>(
        _ request: CursorListRequest, teamID: String, of type: Record.Type
    ) throws(ServerError) -> RecordQuery {
        var query = try ListRules(limits: limits, fields: Record.listFields, searchFields: Record.searchFields)
            .query(request, teamID: teamID)
        if !request.cursor.isEmpty {
            query.position = try open(request.cursor, query, list: Record.listName)
            query.isBackward = request.direction == "prev"
        }
        return query
    }

    /// Reads a page, and one record more to know whether there is another.
    package func page<Record: ListedRecord>(
        _ query: RecordQuery, read: (RecordQuery) async throws -> [Record]
    ) async throws -> RecordPage<Record> {
        try await page(query, slice: { RecordSlice(records: try await read($0)) })
    }

    /// Reads a page that may end early because its records are large; the next one goes on there.
    package func page<Record: ListedRecord>(
        _ query: RecordQuery, slice read: (RecordQuery) async throws -> RecordSlice<Record>
    ) async throws -> RecordPage<Record> {
        var wider = query
        wider.limit += 1
        let slice = try await read(wider)
        var records = slice.records
        let isLonger = records.count > query.limit
        if isLonger { if query.isBackward { records.removeFirst() } else { records.removeLast() } }
        let hasMore = isLonger || slice.isCut
        let hasNext = query.isBackward ? true : hasMore
        let hasPrevious = query.isBackward ? hasMore : query.position != nil
        return RecordPage(
            records: records, nextCursor: hasNext ? records.last.map { seal($0, query) } ?? "" : "",
            previousCursor: hasPrevious ? records.first.map { seal($0, query) } ?? "" : "",
            hasNext: hasNext && !records.isEmpty, hasPrevious: hasPrevious && !records.isEmpty, pageSize: query.limit)
    }

    private func seal<Record: ListedRecord>(_ record: Record, _ query: RecordQuery) -> String {
        let position = record.position(in: query)
        let values = position.values.map { value -> JSONValue in
            switch value {
            case .text(let text): .string(text)
            case .integer(let number): .integer(number)
            case nil: .null
            }
        }
        let head = [JSONValue.string(Record.listName), .string(Self.name(of: query.order)), .string(position.id)]
        let payload = JSONValue.array(head + values).serialized()
        return Base64.encodeURLSafe(mac(payload, query.teamID) + payload)
    }

    private func open(
        _ cursor: String, _ query: RecordQuery, list: String
    ) throws(ServerError) -> RecordQuery.Position {
        let refusal = ServerError(
            .validation, "/cursor: not a cursor of this list in this order; begin again without one")
        guard cursor.utf8.count <= Self.maximumLength, let bytes = Base64.decode(urlSafe: Array(cursor.utf8)),
            bytes.count > Self.sealLength
        else { throw refusal }
        let payload = Array(bytes[Self.sealLength...])
        guard isSealed(payload, bytes[..<Self.sealLength], query.teamID),
            let parts = (try? JSONValue(parsing: payload))?.arrayValue, parts.count == 3 + query.order.count,
            parts[0].stringValue == list, parts[1].stringValue == Self.name(of: query.order),
            let id = parts[2].stringValue
        else { throw refusal }
        let values = parts.dropFirst(3).map { value -> RecordQuery.Value? in
            switch value {
            case .string(let text): .text(text)
            case .integer(let number): .integer(number)
            default: nil
            }
        }
        return RecordQuery.Position(values: values, id: id)
    }

    private static func name(of order: [RecordQuery.Sort]) -> String {
        order.map { "\($0.field)\($0.isDescending ? "-" : "+")" }.joined()
    }

    /// Compares in a time that does not depend on where two seals differ.
    private func isSealed(_ payload: [UInt8], _ seal: ArraySlice<UInt8>, _ teamID: String) -> Bool {
        zip(mac(payload, teamID), seal).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private func mac(_ payload: [UInt8], _ teamID: String) -> [UInt8] {
        let message = Array(teamID.utf8) + [0] + payload
        return Array(HMAC<SHA256>.authenticationCode(for: message, using: key).prefix(Self.sealLength))
    }
}
