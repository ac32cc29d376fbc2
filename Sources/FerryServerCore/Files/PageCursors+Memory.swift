// SPDX-License-Identifier: Apache-2.0

internal import FerryWire

extension PageCursors {
    /// A page of records that are all in memory, by their references unless the request says otherwise.
    ///
    /// - Parameter read: all the records; not called for a request that is refused.
    /// - Throws: ``ServerError`` of code `validation_error` naming what was wrong, and what `read` throws.
    func page<Record: ListedRecord>(
        _ request: CursorListRequest, teamID: String, read: () async throws -> [Record]
    ) async throws -> RecordPage<Record> {
        var request = request
        if request.sort.isEmpty { request.sort = [ListSort(field: "ref")] }
        let query = try query(request, teamID: teamID, of: Record.self)
        return try await page(query) { try RecordMatcher($0).list(try await read()) }
    }
}
