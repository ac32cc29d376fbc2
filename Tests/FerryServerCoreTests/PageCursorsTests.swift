// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import Testing

@testable import FerryServerCore

struct PageCursorsTests {
    private let cursors = PageCursors(secret: Array(repeating: 7, count: 32), limits: ServerLimits())

    private func query(_ request: CursorListRequest, team: String = "team") throws -> RecordQuery {
        try cursors.query(request, teamID: team, of: FileRecord.self)
    }

    private func message(_ request: CursorListRequest, team: String = "team") throws -> String {
        let error = try #require(throws: ServerError.self) { try query(request, team: team) }
        #expect(error.code == .validation)
        return error.message
    }

    @Test func `a limit of zero is the default and a huge one is cut`() throws {
        #expect(try query(CursorListRequest()).limit == 10)
        #expect(try query(CursorListRequest(limit: 7)).limit == 7)
        #expect(try query(CursorListRequest(limit: .max)).limit == 1000)
    }

    @Test func `negative limits and unknown directions are refused`() throws {
        #expect(try message(CursorListRequest(limit: -1)).contains("/limit"))
        #expect(try message(CursorListRequest(direction: "up")).contains("/direction"))
    }

    @Test func `backward without a cursor is the first page`() throws {
        #expect(try !query(CursorListRequest(direction: "prev")).isBackward)
    }

    @Test func `filters become conditions of their field's type`() throws {
        let request = CursorListRequest(filters: [
            ListFilter(field: "filename", operation: .like, value: "a%"),
            ListFilter(field: "size", operation: .gt, value: 5),
            ListFilter(field: "created_at", operation: .lt, value: "1970-01-01T00:00:01Z"),
            ListFilter(field: "filename", operation: .in, value: ["a", "b"]),
        ])
        #expect(
            try query(request).conditions == [
                .init(field: "filename", operation: .like, values: [.text("a%")]),
                .init(field: "size", operation: .gt, values: [.integer(5)]),
                .init(field: "created_at", operation: .lt, values: [.integer(1_000_000)]),
                .init(field: "filename", operation: .in, values: [.text("a"), .text("b")]),
            ])
    }

    @Test(arguments: [
        (ListFilter(field: "secret", operation: .eq, value: "x"), "/filters/0/field"),
        (ListFilter(field: "size", operation: .eq, value: "5"), "/filters/0/value"),
        (ListFilter(field: "size", operation: .like, value: "5%"), "/filters/0/operator"),
        (ListFilter(field: "created_at", operation: .contains, value: "5"), "/filters/0/operator"),
        (ListFilter(field: "filename", operation: .ilike, value: "a\\"), "/filters/0/value"),
        (ListFilter(field: "filename", operation: .notIn, value: "a"), "/filters/0/value"),
        (ListFilter(field: "filename", operation: .eq, value: 5), "/filters/0/value"),
        (ListFilter(field: "filename", operation: .eq, value: nil), "/filters/0/value"),
        (ListFilter(field: "filename", operation: .in, value: "a"), "/filters/0/value"),
        (ListFilter(field: "filename", operation: .in, value: ["a", 5]), "/filters/0/value"),
        (ListFilter(field: "created_at", operation: .gt, value: "yesterday"), "/filters/0/value"),
    ])
    func `a filter that makes no sense is refused by its place`(filter: ListFilter, place: String) throws {
        #expect(try message(CursorListRequest(filters: [filter])).hasPrefix(place))
    }

    @Test func `too many filters or values are refused`() throws {
        let filter = ListFilter(field: "size", operation: .eq, value: 1)
        #expect(try message(CursorListRequest(filters: Array(repeating: filter, count: 21))).contains("at most 20"))
        let values = JSONValue.array((0..<501).map { .integer($0) })
        let wide = ListFilter(field: "size", operation: .in, value: values)
        #expect(try message(CursorListRequest(filters: [wide])).contains("at most 500"))
    }

    private func cursor(team: String = "team") async throws -> String {
        let records = (0..<3).map { FileRecord.sample(teamID: team, createdAt: .sample.advanced(bySeconds: $0)) }
        let page = try await page(CursorListRequest(limit: 1), of: records, team: team)
        return page.nextCursor
    }

    private func page(
        _ request: CursorListRequest, of records: [FileRecord], team: String = "team"
    ) async throws -> RecordPage<FileRecord> {
        let index = InMemoryFileIndex()
        try await index.insert(records)
        return try await cursors.page(query(request, team: team)) {
            try await index.list($0)
        }
    }

    @Test func `a cursor works for its own team alone`() async throws {
        let cursor = try await cursor()
        #expect(try query(CursorListRequest(cursor: cursor)).position != nil)
        #expect(try message(CursorListRequest(cursor: cursor), team: "other").contains("/cursor"))
        let others = PageCursors(secret: Array(repeating: 8, count: 32), limits: ServerLimits())
        #expect(throws: ServerError.self) {
            try others.query(CursorListRequest(cursor: cursor), teamID: "team", of: FileRecord.self)
        }
    }

    @Test func `a cursor with any one character changed is refused`() async throws {
        let cursor = Array(try await cursor().utf8)
        for position in cursor.indices {
            var altered = cursor
            altered[position] = altered[position] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            let text = String(decoding: altered, as: UTF8.self)
            #expect(throws: ServerError.self, "position \(position)") { try query(CursorListRequest(cursor: text)) }
        }
    }

    @Test(arguments: [
        "x", "garbage", "AAAA", "====", "\u{0}", "ä", "%41", String(repeating: "A", count: 100),
        String(repeating: "A", count: 10_000), "MTIzNDU2Nzg5MDEyMzQ1Ng", " ",
    ])
    func `garbage is no cursor`(text: String) throws {
        #expect(try message(CursorListRequest(cursor: text)).contains("/cursor"))
    }

    @Test func `a cursor works for its own list and order alone`() async throws {
        let records = (0..<3).map { FileRecord.sample(teamID: "team", filename: "\($0)") }
        let sort = [ListSort(field: "filename", direction: .desc), ListSort(field: "size")]
        let cursor = try await page(CursorListRequest(limit: 1, sort: sort), of: records).nextCursor
        let position = try query(CursorListRequest(cursor: cursor, sort: sort)).position
        #expect(position == .init(values: [.text("2"), .integer(0)], id: records[2].id))
        for other in [[], Array(sort.reversed()), [sort[0]], [ListSort(field: "filename"), sort[1]]] {
            #expect(try message(CursorListRequest(cursor: cursor, sort: other)).contains("/cursor"))
        }
        let plain = try await self.cursor()
        #expect(throws: ServerError.self) {
            try cursors.query(CursorListRequest(cursor: plain), teamID: "team", of: TaskRecord.self)
        }
    }

    @Test func `an order or a search that makes no sense is refused by its place`() throws {
        func message(_ sort: ListSort...) throws -> String { try self.message(CursorListRequest(sort: sort)) }
        #expect(try message(ListSort(field: "secret")).hasPrefix("/sort/0/field"))
        let twice = try message(ListSort(field: "size"), ListSort(field: "size", direction: .desc))
        #expect(twice.hasPrefix("/sort/1/field"))
        let many = Array(repeating: ListSort(field: "size"), count: 5)
        #expect(try self.message(CursorListRequest(sort: many)).contains("at most 4"))
        func search(_ fields: [String], _ term: String = "a") throws -> String {
            try self.message(CursorListRequest(search: ListSearch(term: term, fields: fields)))
        }
        #expect(try search(["path", "secret"]).hasPrefix("/search/fields/1"))
        #expect(try search(["size"]).hasPrefix("/search/fields/0"))
        #expect(try search([], String(repeating: "a", count: 1001)).hasPrefix("/search/term"))
    }

    @Test func `a search looks in the usual fields unless told, and for nothing when empty`() throws {
        let usual = try query(CursorListRequest(search: ListSearch(term: "a", exact: true))).search
        #expect(usual == .init(term: "a", isExact: true, fields: ["filename", "path", "category"]))
        let told = try query(CursorListRequest(search: ListSearch(term: "a", fields: ["sha256"]))).search
        #expect(told == .init(term: "a", isExact: false, fields: ["sha256"]))
        #expect(try query(CursorListRequest(search: ListSearch(term: ""))).search == nil)
    }

    @Test func `cursors hold only characters that need no escape in a query`() async throws {
        let cursor = try await cursor()
        #expect(
            cursor.utf8.allSatisfy {
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8.contains($0)
            })
    }

    @Test(arguments: [1, 4, 5, 24, 25, 26])
    func `pages forward and back cover every record once even when times tie`(limit: Int64) async throws {
        var records = (0..<20).map { _ in FileRecord.sample(teamID: "team") }
        records += (0..<5).map { FileRecord.sample(teamID: "team", createdAt: .sample.advanced(bySeconds: $0 / 2)) }
        let expected = records.sorted {
            ($0.createdAt.microseconds, $0.id) > ($1.createdAt.microseconds, $1.id)
        }.map(\.id)

        var pages: [RecordPage<FileRecord>] = []
        var request = CursorListRequest(limit: limit)
        repeat {
            let page = try await page(request, of: records)
            pages.append(page)
            request.cursor = page.nextCursor
        } while pages.last?.hasNext == true && pages.count < 100
        #expect(pages.flatMap { $0.records.map(\.id) } == expected)
        #expect(pages.last?.nextCursor == "")
        #expect(pages.first?.hasPrevious == false)
        #expect(pages.first?.previousCursor == "")

        var backward: [[String]] = [pages[pages.count - 1].records.map(\.id)]
        request = CursorListRequest(cursor: pages[pages.count - 1].previousCursor, limit: limit, direction: "prev")
        while !request.cursor.isEmpty, backward.count < 100 {
            let page = try await page(request, of: records)
            #expect(page.hasNext)
            backward.append(page.records.map(\.id))
            request.cursor = page.previousCursor
        }
        #expect(backward.reversed().flatMap { $0 } == expected)
        #expect(backward.count == pages.count)
    }

    @Test func `a page of nothing has no cursors`() async throws {
        let page = try await page(CursorListRequest(), of: [])
        #expect(page.records.isEmpty)
        #expect(!page.hasNext)
        #expect(page.nextCursor.isEmpty)
        #expect(!page.hasPrevious)
    }

    @Test func `a cursor stays good when the record it came from is gone`() async throws {
        var records = (0..<5).map { FileRecord.sample(teamID: "team", createdAt: .sample.advanced(bySeconds: $0)) }
        let first = try await page(CursorListRequest(limit: 2), of: records)
        records.removeAll { $0.id == first.records[1].id }
        let second = try await page(CursorListRequest(cursor: first.nextCursor, limit: 2), of: records)
        #expect(second.records.map(\.id) == [records[2].id, records[1].id])
    }
}
