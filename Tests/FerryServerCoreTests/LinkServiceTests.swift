// SPDX-License-Identifier: Apache-2.0

import FerrySigning
import FerryTesting
import FerryWire
import Testing

@testable import FerryServerCore

struct LinkServiceTests {
    private let clock = TestClock()
    private let links: LinkService
    private let base = "https://files.example"

    init() {
        let key = SigningKey(id: "1", secret: Array(repeating: 9, count: 32))
        links = LinkService(signer: LinkSigner(current: key), limits: ServerLimits(), clock: clock.serverClock)
    }

    @Test(arguments: [
        ("photo.png", "image/png", "photo.png"),
        ("photo", "image/png", "photo.png"),
        ("photo.jpeg", "image/png", "photo.jpeg"),
        ("notes.unknown", "text/plain", "notes.unknown.txt"),
        ("data", "application/octet-stream", "data"),
        ("a b&c.png", "image/png", "a%20b%26c.png"),
        ("../../x.png", "image/png", ".._.._x.png"),
        ("résumé €.pdf", "application/pdf", "r%C3%A9sum%C3%A9%20%E2%82%AC.pdf"),
    ])
    func `the path of content ends in a name that tells its type`(name: String, type: String, expected: String) {
        let id = Identifier.random()
        #expect(LinkService.contentPath(id: id, filename: name, contentType: type) == "/content/\(id)/\(expected)")
    }

    @Test func `a private file's link verifies and a public one's needs no signature`() throws {
        let hidden = FileRecord.sample()
        let link = Link(links.contentLink(hidden, base: base), base: base)
        let query = try #require(link.query)
        #expect(throws: Never.self) { try links.verify(.content, path: link.path, query: query, id: hidden.id) }

        let shown = FileRecord.sample(isPublic: true)
        #expect(links.contentLink(shown, base: base) == "\(base)/content/\(shown.id)/photo.png")
    }

    @Test func `an output's link is the one its record would have`() {
        let record = FileRecord.sample(filename: "result", contentType: "image/webp")
        let uri = FileURI(id: record.id, filename: record.filename)
        #expect(
            links.contentLink(uri: uri, contentType: record.contentType, base: base)
                == links.contentLink(record, base: base))
    }

    @Test func `a link for one purpose is none for another, nor for another file or path`() throws {
        let record = FileRecord.sample()
        let link = Link(links.contentLink(record, base: base), base: base)
        let query = try #require(link.query)
        let attempts: [(LinkOperation, String, String)] = [
            (.upload, link.path, record.id), (.content, "/uploads/\(record.id)", record.id),
            (.content, link.path, Identifier.random()), (.content, link.path + "/", record.id),
            (.content, "/" + link.path, record.id), (.content, link.path + ";x", record.id),
        ]
        for (operation, path, id) in attempts {
            let error = #expect(throws: ServerError.self) {
                try links.verify(operation, path: path, query: query, id: id)
            }
            #expect(error?.code == .signatureInvalid)
        }
    }

    @Test func `a link works to its last second and not a second longer`() throws {
        let record = FileRecord.sample()
        let link = Link(links.uploadLink(record, base: base), base: base)
        let query = try #require(link.query)
        clock.advance(bySeconds: 24 * 3600 - 1)
        #expect(throws: Never.self) { try links.verify(.upload, path: link.path, query: query, id: record.id) }
        clock.advance(bySeconds: 1)
        let error = #expect(throws: ServerError.self) {
            try links.verify(.upload, path: link.path, query: query, id: record.id)
        }
        #expect(error?.code == .urlExpired)
    }

    @Test func `an upload link carries the declared size and else the largest`() throws {
        for (declared, expected) in [(Int64?.some(5), Int64(5)), (nil, ServerLimits().maximumFileSize), (0, 0)] {
            let record = FileRecord.sample(declaredSize: declared)
            let link = Link(links.uploadLink(record, base: base), base: base)
            let verified = try links.verify(.upload, path: link.path, query: #require(link.query), id: record.id)
            #expect(verified.maximumSize == expected)
        }
    }

    @Test func `refusals tell no signature`() throws {
        let record = FileRecord.sample()
        let link = Link(links.contentLink(record, base: base), base: base)
        let query = try #require(link.query)
        let signature = try #require(query.split(separator: "=").last)
        let error = #expect(throws: ServerError.self) {
            try links.verify(.content, path: link.path + "x", query: query, id: record.id)
        }
        #expect(error?.message.contains(signature) == false)
    }

    @Test func `our own links lead back to their file, signed, expired or public`() {
        let record = FileRecord.sample(filename: "my photo.png")
        let uri = FileURI(id: record.id, filename: "my photo.png")
        let link = links.contentLink(record, base: base)
        clock.advance(bySeconds: 365 * 24 * 3600)
        #expect(LinkService.fileURI(ofLink: link, bases: ["http://other", base]) == uri)
        let path = LinkService.contentPath(id: record.id, filename: record.filename, contentType: record.contentType)
        #expect(LinkService.fileURI(ofLink: base + path, bases: [base]) == uri)
        #expect(LinkService.fileURI(ofLink: base + path + "#fragment", bases: [base]) == uri)
    }

    @Test(arguments: [
        "https://files.example.evil/content/ID/a.png", "https://files.example@evil/content/ID/a.png",
        "https://files.example/uploads/ID/a.png", "https://files.example/content/ID", "https://files.example",
        "https://files.example/content/ID/a/b.png", "https://files.example/content/short/a.png",
        "https://files.example//content/ID/a.png", "http://files.example/content/ID/a.png",
        "https://files.example/v2/content/ID/a.png", "", "/content/ID/a.png",
        "https://evil/?https://files.example/content/ID/a.png",
    ])
    func `what only looks like our link is foreign`(pattern: String) {
        let text = pattern.replacing("ID", with: Identifier.random())
        #expect(LinkService.fileURI(ofLink: text, bases: [base]) == nil)
    }
}
