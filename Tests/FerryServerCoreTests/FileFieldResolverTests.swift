// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import Testing

@testable import FerryServerCore

struct FileFieldResolverTests {
    private let schema = JSONSchema(AppDTO.resize.functions[0].inputSchema)

    private func resolve(_ input: JSONValue, in world: World, by owner: Principal? = nil) async throws -> JSONValue {
        let resolver = FileFieldResolver(
            files: world.services.files, foreign: world.foreign, bases: ["http://other", World.base])
        return try await resolver.resolve(input, schema: schema, owner: owner ?? world.root).input
    }

    private func message(
        _ input: JSONValue, in world: World, by owner: Principal? = nil, code: ServerError.Code = .validation
    ) async throws -> String {
        let before = try await world.blobKeys()
        let error = try await refusal { _ = try await resolve(input, in: world, by: owner) }
        #expect(error.code == code)
        #expect(try await world.blobKeys() == before)
        return error.message
    }

    @Test func `every form of a stored file's address means that file`() async throws {
        let world = try await World()
        let record = try await world.ready("hello", PartialFile(filename: "a b.txt"))
        let shown = try await world.ready("seen", PartialFile(filename: "seen.txt", isPublic: true))
        let expected = JSONValue.string("inf://files/\(record.id)/a%20b.txt")
        let link = world.presenter.present(record).url
        let forms = [
            "inf://files/\(record.id)/a%20b.txt", "inf://files/\(record.id)", "inf://files/\(record.id)/renamed.png",
            "inf-files://\(record.id)", "inf-files://files/\(record.id)/x", link,
            String(link.prefix { $0 != "?" }), link + "0",
        ]
        for form in forms {
            #expect(try await resolve(["image": .string(form)], in: world)["image"] == expected, "\(form)")
            #expect(try await resolve(["image": ["uri": .string(form)]], in: world)["image"] == expected, "\(form)")
        }
        let publicLink = world.presenter.present(shown).url
        #expect(
            try await resolve(["masks": [.string(publicLink)]], in: world)["masks"]?[0]
                == .string("inf://files/\(shown.id)/seen.txt"))
    }

    @Test func `an expired link of ours still names its file`() async throws {
        let world = try await World()
        let record = try await world.ready("hello")
        let link = world.presenter.present(record).url
        world.clock.advance(bySeconds: 1000 * 24 * 3600)
        let resolved = try await resolve(["image": .string(link)], in: world)
        #expect(resolved["image"] == .string(FilePresenter.uri(record).description))
    }

    @Test func `a record as the API shows it may stand for its file`() async throws {
        let world = try await World()
        let record = try await world.ready("hello")
        let shown = world.presenter.present(record).json
        #expect(shown["path"] == "")
        let resolved = try await resolve(["image": shown], in: world)
        #expect(resolved["image"] == .string(FilePresenter.uri(record).description))
    }

    @Test func `bytes in a data URI are stored as the caller's file`() async throws {
        let world = try await World()
        let input: JSONValue = [
            "image": "data:image/png;base64,aGVsbG8=", "masks": [["uri": "data:,x", "filename": "m.txt"]], "width": 4,
        ]
        let resolved = try await resolve(input, in: world)
        let uri = try #require(resolved["image"]?.stringValue.flatMap { FileURI($0) })
        let record = try #require(try await world.files.file(id: uri.id))
        #expect(record.teamID == world.root.team.id)
        #expect(record.contentType == "image/png")
        #expect(record.filename == "file.png")
        #expect(try await world.text(of: record) == "hello")
        #expect(resolved["masks"]?[0]?.stringValue?.hasSuffix("/m.txt") == true)
        #expect(resolved["width"] == 4)
    }

    @Test func `text outside file fields stays text whatever it looks like`() async throws {
        let world = try await World()
        let input: JSONValue = ["note": "/etc/passwd", "unknown": ["data:image/png;base64,AAAA", "../x"], "logo": nil]
        #expect(try await resolve(input, in: world) == input)
        #expect(try await world.blobKeys().isEmpty)
    }

    @Test(arguments: [
        "/etc/passwd", "../x", "./x", "x.png", "~/x", "file:///etc/passwd", "file:x", "FILE:///etc/passwd",
        "ftp://example.com/x", "gopher://x", "unix:/run/x", "//host/x", "C:\\x", "\\\\host\\x", " inf://files/x",
        "inf:files", "javascript:alert(1)", "\u{0}", "é", "INF://files/x",
    ])
    func `a path or another scheme is refused by its place`(text: String) async throws {
        let world = try await World()
        let cases: [(JSONValue, String)] = [
            (["image": .string(text)], "/input/image: "), (["image": ["uri": .string(text)]], "/input/image: "),
            (["masks": ["data:,x", .string(text)]], "/input/masks/1: "), (["logo": .string(text)], "/input/logo: "),
            (["layers": [["picture": .string(text)]]], "/input/layers/0/picture: "),
        ]
        for (input, place) in cases {
            #expect(try await message(input, in: world).hasPrefix(place))
        }
        #expect(try await world.services.files.list(CursorListRequest(), for: world.root).records.isEmpty)
    }

    @Test func `who may not write files may not give their bytes either`() async throws {
        let world = try await World()
        let reader = try await world.principal(team: world.root.team.name, scopes: [.filesRead, .appsExecute])
        let error = await #expect(throws: ServerError.self) {
            _ = try await resolve(["image": "data:,x"], in: world, by: reader)
        }
        #expect(error?.code == .insufficientScope)
        #expect(try await world.blobKeys().isEmpty)
    }

    @Test func `a path key is refused even beside a good address`() async throws {
        let world = try await World()
        let record = try await world.ready("hello")
        let uri = JSONValue.string(FilePresenter.uri(record).description)
        for file in [["path": "/etc/passwd"], ["path": "a", "uri": uri], ["path": 5, "uri": uri]] as [JSONValue] {
            #expect(try await message(["image": file], in: world).contains("no path"))
        }
        #expect(try await resolve(["image": ["path": nil, "uri": uri]], in: world)["image"] == uri)
    }

    @Test(arguments: [["uri": 5], ["uri": nil], ["filename": "a"], ["data": "x"], ["url": "data:,x"]] as [JSONValue])
    func `an object without an address is refused`(file: JSONValue) async throws {
        let world = try await World()
        #expect(try await message(["image": file], in: world).contains("needs a uri"))
    }

    @Test(arguments: ["http://example.com/x.png", "https://example.com/", "HTTP://127.0.0.1/", "http:x", "https://a@b"])
    func `foreign addresses are refused with the reason`(text: String) async throws {
        let world = try await World()
        #expect(try await message(["image": .string(text)], in: world).contains("does not fetch foreign URLs"))
    }

    @Test func `what has our scheme but no id is malformed`() async throws {
        let world = try await World()
        for text in ["inf://files/short", "inf://files/", "inf://other/\(Identifier.random())", "inf-files://"] {
            #expect(try await message(["image": .string(text)], in: world).contains("well-formed"), "\(text)")
        }
    }

    @Test func `another team's file looks like none at all`() async throws {
        let world = try await World()
        let other = try await world.principal(team: "other")
        let record = try await world.ready("secret", by: other)
        var told = Set<String>()
        for address in [
            "inf://files/\(Identifier.random())", FilePresenter.uri(record).description,
            world.presenter.present(record).url,
        ] {
            told.insert(try await message(["image": .string(address)], in: world, code: .fileNotFound))
        }
        #expect(told.count == 1)
    }

    @Test func `a chat goes on without the file of an earlier message that is gone, but not without its own`()
        async throws
    {
        let world = try await World()
        let resolver = FileFieldResolver(files: world.services.files, foreign: world.foreign, bases: [World.base])
        let schema = JSONSchema(AppDTO.model.functions[0].inputSchema)
        let gone = JSONValue.string("inf://files/\(Identifier.random())")
        let earlier: JSONValue = ["context": [["attachments": [gone]]]]
        let resolved = try await resolver.resolve(earlier, schema: schema, ofChat: true, owner: world.root)
        #expect(resolved.input["context"]?[0]?["attachments"] == [] && resolved.leftOut.count == 1)
        for (input, ofChat) in [(earlier, false), (["attachments": [gone]], true)] as [(JSONValue, Bool)] {
            let error = try await refusal {
                _ = try await resolver.resolve(input, schema: schema, ofChat: ofChat, owner: world.root)
            }
            #expect(error.code == .fileNotFound)
        }
    }

    @Test func `a file whose bytes are still to come is refused`() async throws {
        let world = try await World()
        let record = try await world.pending()
        let text = FilePresenter.uri(record).description
        #expect(try await message(["image": .string(text)], in: world).contains("not been uploaded"))
    }

    @Test func `reading a file needs the right to`() async throws {
        let world = try await World()
        let runner = try await world.principal(team: "runners", scopes: [.appsExecute])
        let text = "inf://files/\(Identifier.random())"
        let error = try await refusal { _ = try await resolve(["image": .string(text)], in: world, by: runner) }
        #expect(error.code == .insufficientScope)
    }

    @Test func `nothing is stored when a later field is bad`() async throws {
        let world = try await World()
        _ = try await message(["image": "data:,x", "masks": ["data:,y", "/etc/passwd"]], in: world)
        #expect(try await world.services.files.list(CursorListRequest(), for: world.root).records.isEmpty)
    }

    @Test func `when storing fails midway what was stored is removed again`() async throws {
        // Room for two of the three.
        let world = try await World(capacity: 8)
        let input: JSONValue = ["masks": ["data:,aaaa", "data:,bbbb", "data:,cccc"]]
        let error = try await refusal { _ = try await resolve(input, in: world) }
        #expect(error.code == .storageFull)
        #expect(try await world.blobKeys().isEmpty)
        #expect(try await world.services.files.list(CursorListRequest(), for: world.root).records.isEmpty)
    }

    @Test(arguments: ["data:", "data:x", "data:text/html", "data:;base64,a", "data:image/png;base64,*"])
    func `a malformed data URI is refused without its payload`(text: String) async throws {
        let world = try await World()
        #expect(try await message(["image": .string(text)], in: world).contains("Invalid data URI format"))
    }

    @Test func `a data URI beyond the limit is refused before it is decoded`() async throws {
        let world = try await World { $0.maximumDataURILength = 64 }
        let text = "data:text/plain," + String(repeating: "s", count: 64)
        let message = try await message(["image": .string(text)], in: world)
        #expect(message.contains("longer than 64 bytes"))
        #expect(!message.contains("ssss"))
    }

    @Test func `too many files are refused before any is stored`() async throws {
        let world = try await World { limits in
            limits.maximumInputFiles = 3
            limits.maximumForeignFiles = 2
        }
        let four = JSONValue.array(Array(repeating: "data:,a", count: 4))
        #expect(try await message(["masks": four], in: world).contains("4 files, 3 are allowed"))
        let three = JSONValue.array((0..<3).map { .string("https://example.com/\($0)") })
        #expect(try await message(["masks": three], in: world).contains("3 files of other servers, 2 are allowed"))
        let own = world.presenter.present(try await world.ready("hello")).url
        let ours = JSONValue.array(Array(repeating: .string(own), count: 3))
        #expect(try await resolve(["masks": ours], in: world)["masks"]?.arrayValue?.count == 3)
    }
}
