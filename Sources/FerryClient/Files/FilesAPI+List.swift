// SPDX-License-Identifier: Apache-2.0

public import FerryWire

extension FilesAPI {
    /// One page of the files.
    ///
    /// - Throws: ``FerryError`` (`invalidInput` for conditions the server does not take).
    public func list(_ request: CursorListRequest) async throws -> CursorPage<FileDTO> {
        try await transport.call(
            Routes.listFiles, Routes.listFiles.path(), body: request.json, safety: .repeatable)
    }

    /// One page of the files, newest first unless sorted otherwise.
    ///
    /// - Parameters:
    ///   - filters: conditions, all of which must hold; see ``ListFilter/Operation`` for the comparisons.
    ///   - search: a text to look for in several members at once.
    ///   - sort: what the files are sorted by, the most important member first.
    ///   - fields: the members the records shall have, for shorter answers; the others then read as absent. Empty for
    ///     all, `id` is always there.
    ///   - limit: most records of the page; 0 for the server's default (10).
    ///   - cursor: where the page begins, from an earlier answer for the same sort.
    /// - Throws: ``FerryError`` (`invalidInput` for conditions the server does not take).
    public func list(
        filters: [ListFilter] = [], search: ListSearch? = nil, sort: [ListSort] = [], fields: [String] = [],
        limit: Int = 0, cursor: String = ""
    ) async throws -> CursorPage<FileDTO> {
        try await list(
            CursorListRequest(
                cursor: cursor, limit: Int64(limit), filters: filters, search: search, sort: sort, fields: fields))
    }

    /// All files that meet the conditions; pages are fetched as the iteration goes on.
    ///
    /// - Parameters:
    ///   - filters: conditions, all of which must hold.
    ///   - search: a text to look for in several members at once.
    ///   - sort: what the files are sorted by; newest first if empty.
    ///   - fields: the members the records shall have; all if empty.
    ///   - pageSize: most records of one request; the server may give fewer.
    public func all(
        filters: [ListFilter] = [], search: ListSearch? = nil, sort: [ListSort] = [], fields: [String] = [],
        pageSize: Int = 100
    ) -> PagedSequence<FileDTO> {
        let request = CursorListRequest(
            limit: Int64(pageSize), filters: filters, search: search, sort: sort, fields: fields)
        return PagedSequence(request) { try await list($0) }
    }
}
