// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import NIOCore
import Testing

@testable import FerryServerCore

struct FormUploadTests {
    /// A body in chunks of a size.
    private struct Chunks: AsyncSequence {
        typealias Failure = any Error
        let bytes: [UInt8]
        let size: Int

        func makeAsyncIterator() -> Iterator { Iterator(rest: bytes[...], size: size) }

        struct Iterator: AsyncIteratorProtocol {
            var rest: ArraySlice<UInt8>
            let size: Int

            mutating func next() async throws -> ByteBuffer? {
                guard !rest.isEmpty else { return nil }
                defer { rest = rest.dropFirst(size) }
                return ByteBuffer(bytes: rest.prefix(size))
            }
        }
    }

    private func send(
        _ body: String, in world: World, chunkSize: Int = .max, by owner: Principal? = nil
    ) async throws -> FileRecord {
        let uploads = world.services.uploads
        let ticket = try uploads.admitForm(contentType: "multipart/form-data; boundary=b", by: owner ?? world.root)
        return try await uploads.receive(ticket, body: Chunks(bytes: Array(body.utf8), size: chunkSize))
    }

    private func field(_ name: String, _ value: String) -> String {
        "--b\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n"
    }

    private func file(_ value: String, name: String = "a.txt", type: String? = nil) -> String {
        let type = type.map { "\r\nContent-Type: \($0)" } ?? ""
        return "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\(name)\"\(type)\r\n\r\n\(value)\r\n"
    }

    @Test(arguments: [1, 2, 3, 7, 64, 1000, .max])
    func `a file and its fields, before and behind it, make one ready record`(chunkSize: Int) async throws {
        let world = try await World()
        let content = String(repeating: "line\r\n--\r\n", count: 50)
        let body =
            field("path", "/a//b/") + file(content) + field("filename", "b.md") + field("public", "true")
            + field("expires_in", "60") + field("category", "c") + field("unknown", "x") + "--b--\r\n"
        let record = try await send(body, in: world, chunkSize: chunkSize)
        #expect(record.isReady && record.isPublic)
        #expect(record.filename == "b.md")
        #expect(record.contentType == "text/markdown")
        #expect(record.path == "/a/b")
        #expect(record.category == "c")
        #expect(record.expiresAt == world.clock.now.advanced(bySeconds: 60))
        #expect(try await world.text(of: record) == content)
        #expect(try await world.files.file(id: record.id) == record)
    }

    @Test func `the type is the field's, then the part's, then the name's`() async throws {
        let world = try await World()
        let typed = try await send(
            file("x", type: "image/gif") + field("content_type", "image/webp") + "--b--", in: world)
        #expect(typed.contentType == "image/webp")
        let own = try await send(file("x", type: "image/gif") + field("content_type", "garbage") + "--b--", in: world)
        #expect(own.contentType == "image/gif")
        let none = try await send(
            file("x", type: "application/octet-stream") + field("content_type", "") + "--b--", in: world)
        #expect(none.contentType == "text/plain")
    }

    @Test func `a form that is refused leaves nothing`() async throws {
        let world = try await World { $0.maximumFileSize = 1000 }
        let large = String(repeating: "x", count: 1001)
        let bodies: [(String, ServerError.Code)] = [
            ("", .invalidRequest), ("--b--", .validation), (field("path", "/a") + "--b--", .validation),
            (file("x"), .invalidRequest), (file(large) + "--b--", .payloadTooLarge),
            (file("x") + file("y") + "--b--", .validation),
            (file("x") + field("path", "/..") + "--b--", .validation),
            (field("path", "/..") + file("x") + "--b--", .validation),
            (file("x") + field("path", "a") + field("path", "a") + "--b--", .validation),
            (file("x") + field("public", "yes please") + "--b--", .validation),
            (file("x") + field("expires_in", "1e3") + "--b--", .validation),
            (file("x") + field("filename", String(repeating: "x", count: 8193)) + "--b--", .payloadTooLarge),
            (file("x") + (0..<40).map { field("f\($0)", "") }.joined() + "--b--", .payloadTooLarge),
        ]
        for (body, code) in bodies {
            let error = try await refusal { _ = try await send(body, in: world, chunkSize: 100) }
            #expect(error.code == code, "\(body.prefix(60)): \(error.message)")
        }
        #expect(world.blobs.size == 0)
        #expect(world.blobs.uploadCount == 0)
        #expect(try await world.services.files.list(CursorListRequest(), for: world.root).records.isEmpty)
    }

    @Test func `a form needs the right to write and a boundary before it is read`() async throws {
        let world = try await World()
        let reader = try await world.principal(team: "readers", scopes: [.filesRead])
        let uploads = world.services.uploads
        #expect(throws: ServerError.self) {
            try uploads.admitForm(contentType: "multipart/form-data; boundary=b", by: reader)
        }
        #expect(throws: ServerError.self) { try uploads.admitForm(contentType: "multipart/form-data", by: world.root) }
        let ticket = try uploads.admitForm(contentType: "multipart/form-data; boundary=b", by: world.root)
        #expect(ticket.boundary == Array("b".utf8))
    }
}
