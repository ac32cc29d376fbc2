// SPDX-License-Identifier: Apache-2.0

import FerryWire
import NIOHTTP1
import Testing

@testable import FerryClient

@Suite struct FileChangeTests {
    /// Answers the routes of changes with what was asked for.
    private static let script: StubServer.Script = { request, server in
        var file = record(filename: request.json?["filename"]?.stringValue ?? "a.bin")
        file.path = request.json?["path"]?.stringValue ?? ""
        file.visibility = request.json?["visibility"]?.stringValue ?? "team"
        guard request.path.hasSuffix("/link") else { return .json(["data": file.json, "messages": []]) }
        let link = FileLink(url: "\(server.url)/content/x/a.bin?signature=s", expiresAt: Timestamp(seconds: 9))
        return .json(link.json)
    }

    @Test func `a file is renamed and moved by one call`() async throws {
        try await withStub(script: Self.script) { (ferry, server) async throws in
            let file = try await ferry.files.rename("inf://files/\(fileID)/a.bin", filename: "é \".txt", path: "/x")
            #expect(file.filename == "é \".txt")
            #expect(file.path == "/x")
            let request = try #require(server.requests("PATCH", "/files/\(fileID)").first)
            #expect(request.headers.first(name: "content-type") == "application/json")
            #expect(request.json == ["filename": "é \".txt", "path": "/x"])
            _ = try await ferry.files.rename(fileID, path: "")
            #expect(server.requests.last?.json == ["path": ""])
        }
    }

    @Test func `a name that cannot be is refused before any request`() async throws {
        try await withStub(script: Self.script) { (ferry, server) async throws in
            for name in ["a\0", "a\r\nb", String(repeating: "x", count: 5000)] {
                let error = await ferryError { _ = try await ferry.files.rename(fileID, filename: name) }
                #expect(error?.code == .invalidInput)
            }
            let nothing = await ferryError { _ = try await ferry.files.rename(fileID) }
            #expect(nothing?.code == .invalidInput)
            #expect(server.requests.isEmpty)
        }
    }

    @Test(arguments: FileVisibility.allCases)
    func `visibility is set by its name`(visibility: FileVisibility) async throws {
        try await withStub(script: Self.script) { (ferry, server) async throws in
            let file = try await ferry.files.setVisibility(fileID, visibility)
            #expect(file.visibility == visibility.rawValue)
            #expect(server.requests("POST", "/files/\(fileID)/visibility").count == 1)
        }
    }

    @Test func `a link lives as long as asked for, within its bounds`() async throws {
        try await withStub(script: Self.script) { (ferry, server) async throws in
            let link = try await ferry.files.link(fileID, expiresIn: .seconds(60))
            #expect(link.url.contains("/content/"))
            #expect(link.expiresAt == Timestamp(seconds: 9))
            _ = try await ferry.files.link(fileID)
            let bodies = server.requests("POST", "/files/\(fileID)/link").map(\.json)
            #expect(bodies == [["expires_in": 60], ["expires_in": 86_400]])
            for wrong in [Duration.zero, .seconds(-1), .seconds(604_801)] {
                let error = await ferryError { _ = try await ferry.files.link(fileID, expiresIn: wrong) }
                #expect(error?.code == .invalidInput)
            }
        }
    }

    @Test func `a list is asked for with every option`() async throws {
        let script: StubServer.Script = { request, _ in
            let hasNext = request.json?["cursor"] == ""
            let page = CursorPage(
                items: [record()], nextCursor: hasNext ? "next" : "", hasNext: hasNext, itemsPerPage: 1)
            return .json(page.json)
        }
        try await withStub(script: script) { (ferry, server) async throws in
            let filters = ListFilter.Operation.allCases.map {
                ListFilter(field: "filename", operation: $0, value: $0.arity == .many ? ["a"] : "a")
            }
            let page = try await ferry.files.list(
                filters: filters, search: ListSearch(term: "x"), sort: [ListSort(field: "size", direction: .desc)],
                fields: ["id", "size"], limit: 5, cursor: "")
            #expect(page.items.count == 1)
            let body = try #require(server.requests.first?.json)
            #expect(body["filters"]?.arrayValue?.count == ListFilter.Operation.allCases.count)
            #expect(body["search"]?["term"] == "x")
            #expect(body["sort"] == [["field": "size", "dir": "desc"]])
            #expect(body["fields"] == ["id", "size"])
            #expect(body["limit"] == 5)
            var count = 0
            for try await _ in ferry.files.all(sort: [ListSort(field: "size")], pageSize: 1) { count += 1 }
            #expect(count == 2)
            #expect(server.requests.last?.json?["sort"] == [["field": "size", "dir": "asc"]])
            #expect(try await ferry.files.list().hasNext)
        }
    }
}

@Suite struct CancelledCreationTests {
    @Test(arguments: [true, false])
    func `an upload cancelled while its record is made leaves no record`(isAnswered: Bool) async throws {
        let hasArrived = Shared(false)
        let (cancelled, cancellation) = AsyncStream.makeStream(of: Void.self)
        let script: StubServer.Script = { request, server in
            guard request.method == "POST" else { return storing(request, server) }
            hasArrived.change { $0 = true }
            for await _ in cancelled { break }
            return isAnswered ? storing(request, server) : .noAnswer
        }
        try await withStub(
            change: { $0.timeouts.cleanup = .milliseconds(isAnswered ? 5000 : 200) }, script: script
        ) { (ferry, server) async throws in
            let upload = Task { try await ferry.files.upload([1, 2, 3]) }
            #expect(try await eventually { hasArrived.value })
            upload.cancel()
            cancellation.finish()
            await #expect(throws: CancellationError.self) { try await upload.value }
            #expect(server.requests.filter { $0.method == "DELETE" }.count == (isAnswered ? 1 : 0))
            #expect(!server.requests.contains { $0.method == "PUT" })
        }
    }

    @Test func `an upload cancelled before it began makes no record`() async throws {
        try await withStub(script: storing) { (ferry, server) async throws in
            let upload = Task {
                while !Task.isCancelled { await Task.yield() }
                return try await ferry.files.upload([1, 2, 3])
            }
            upload.cancel()
            await #expect(throws: CancellationError.self) { try await upload.value }
            #expect(server.requests.isEmpty)
        }
    }
}
