// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import Testing

@testable import FerryServerCore

struct FileChangeTests {
    @Test func `a new name leads the uri and leaves old links good`() async throws {
        let world = try await World()
        let record = try await world.ready("hello", PartialFile(filename: "a.txt", path: "/x"))
        let old = Link(world.presenter.present(record).url)
        world.clock.advance(bySeconds: 5)
        let changed = try await world.services.files.update(
            id: record.id, FileUpdate(filename: "dir/b é.txt", path: "/y//z/"), by: world.root)
        #expect(changed.filename == "b é.txt")
        #expect(changed.path == "/y/z")
        #expect(changed.updatedAt == world.clock.now)
        #expect(changed.blob == record.blob)
        #expect(FilePresenter.uri(changed).filename == "b é.txt")
        for link in [old, Link(world.presenter.present(changed).url)] {
            let download = try await world.services.downloads.open(id: record.id, path: link.path, query: link.query)
            await download.reader.close()
            #expect(download.record == changed)
        }
    }

    @Test func `a change of nothing changes nothing`() async throws {
        let world = try await World()
        let record = try await world.ready("hello")
        world.clock.advance(bySeconds: 5)
        #expect(try await world.services.files.update(id: record.id, FileUpdate(), by: world.root) == record)
    }

    @Test(arguments: [
        FileUpdate(filename: "a\u{0}"), FileUpdate(filename: String(repeating: "x", count: 5000)),
        FileUpdate(path: "/../x"), FileUpdate(filename: "good", path: "a\nb"),
    ])
    func `a change with one thing wrong changes nothing`(update: FileUpdate) async throws {
        let world = try await World()
        let record = try await world.ready("hello")
        let error = try await refusal {
            _ = try await world.services.files.update(id: record.id, update, by: world.root)
        }
        #expect(error.code == .validation)
        #expect(try await world.files.file(id: record.id) == record)
    }

    @Test func `unsigned links work while a file is public`() async throws {
        let world = try await World()
        let record = try await world.ready("hello")
        let path = Link(world.presenter.present(record).url).path
        func isOpen() async throws -> Bool {
            do {
                let download = try await world.services.downloads.open(id: record.id, path: path, query: nil)
                await download.reader.close()
                return true
            } catch let error as ServerError {
                #expect(error.code == .signatureInvalid)
                return false
            }
        }
        for (visibility, expected) in [("public", true), ("private", false), ("public", true), ("team", false)] {
            let changed = try await world.services.files.setVisibility(
                id: record.id, VisibilityChange(visibility: visibility), by: world.root)
            #expect(changed.isPublic == expected)
            #expect(try await isOpen() == expected)
        }
        for other in ["", "Public", "org", "unlisted"] {
            let error = try await refusal {
                _ = try await world.services.files.setVisibility(
                    id: record.id, VisibilityChange(visibility: other), by: world.root)
            }
            #expect(error.code == .validation)
        }
    }

    @Test func `changes are for those who may write, of the file's own team`() async throws {
        let world = try await World()
        let record = try await world.ready("hello")
        let reader = try await world.principal(team: "default", scopes: [.filesRead])
        let stranger = try await world.principal(team: "strangers")
        for (caller, code) in [(reader, ServerError.Code.insufficientScope), (stranger, .notFound)] {
            let renamed = try await refusal {
                _ = try await world.services.files.update(id: record.id, FileUpdate(filename: "x"), by: caller)
            }
            let shown = try await refusal {
                _ = try await world.services.files.setVisibility(
                    id: record.id, VisibilityChange(visibility: "public"), by: caller)
            }
            #expect(renamed.code == code)
            #expect(shown.code == code)
        }
        #expect(try await world.files.file(id: record.id) == record)
    }

    @Test func `a link works as long as was asked for and no longer than the file`() async throws {
        let world = try await World()
        let record = try await world.ready("hello")
        let link = try world.presenter.link(record, LinkRequest(expiresIn: 60))
        #expect(link.expiresAt == Timestamp(seconds: world.clock.now.seconds + 60))
        let parts = Link(link.url)
        world.clock.advance(bySeconds: 59)
        let download = try await world.services.downloads.open(id: record.id, path: parts.path, query: parts.query)
        await download.reader.close()
        world.clock.advance(bySeconds: 2)
        let late = try await refusal {
            _ = try await world.services.downloads.open(id: record.id, path: parts.path, query: parts.query)
        }
        #expect(late.code == .urlExpired)
        for lifetime in [0, -1, 604_801, Int64.max, .min] {
            #expect(throws: ServerError.self) {
                try world.presenter.link(record, LinkRequest(expiresIn: lifetime))
            }
        }
        let short = try await world.ready("short", PartialFile(filename: "s", expiresIn: 100))
        #expect(try world.presenter.link(short, LinkRequest(expiresIn: 5000)).expiresAt == short.expiresAt)
        let open = try await world.ready("open", PartialFile(filename: "o", isPublic: true))
        let unsigned = try world.presenter.link(open, LinkRequest())
        #expect(unsigned.expiresAt == nil)
        #expect(Link(unsigned.url).query == nil)
        let pending = try await world.pending()
        #expect(throws: ServerError.self) { try world.presenter.link(pending, LinkRequest()) }
    }
}
