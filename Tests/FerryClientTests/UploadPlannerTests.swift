// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

@testable import FerryClient

/// A file system of a dictionary: path to resolved path.
private struct FakeLookup: PathLookup {
    var homeFolder: String? = "/home/me"
    var files: [String: String] = [:]

    func regularFile(_ path: String) -> FoundFile? { files[path].map { FoundFile(resolvedPath: $0, size: 5) } }
    func resolved(_ path: String) -> String? { path }
}

@Suite struct UploadPlannerTests {
    private static let files = [
        "/data/a.png": "/data/a.png", "./b.png": "/current/b.png", "../c.png": "/c.png",
        "plain.png": "/current/plain.png",
        "hello": "/current/hello", "/home/me/d.png": "/home/me/d.png", "/etc/passwd": "/etc/passwd",
        "/data/link": "/etc/shadow", "/home/me/.ssh/id_rsa": "/home/me/.ssh/id_rsa", "/data/.env": "/data/.env",
        "/data/.env.local": "/data/.env.local", "/data/server.pem": "/data/server.pem", "/data/x.key": "/data/x.key",
        "/data/id_ed25519": "/data/id_ed25519", "/data/id_card.png": "/data/id_card.png",
        "/elsewhere/x": "/elsewhere/x",
        "/dev/null": "/dev/null", "/home/me/.aws/credentials": "/home/me/.aws/credentials",
        "/data/.netrc": "/data/.netrc",
        "/etcetera/x": "/etcetera/x", "/proc/self/environ": "/proc/1/environ",
    ]

    private func plan(
        _ input: InputValue, schema: JSONValue? = nil, policy: UploadPolicy = .schemaLed
    ) throws -> UploadPlan {
        let planner = UploadPlanner(
            policy: policy, lookup: FakeLookup(files: Self.files), maximumInlineSize: 1 << 20)
        return try planner.plan(input, schema: schema.map { JSONSchema($0) })
    }

    private func entry(
        _ text: String, schema: JSONValue? = nil, policy: UploadPolicy = .schemaLed
    ) throws -> UploadPlan.Entry {
        try #require(try plan(.string(text), schema: schema, policy: policy).entries.first)
    }

    private static let fileSchema: JSONValue = ["type": "string", "format": "file"]
    private static let textSchema: JSONValue = ["type": "string"]
    private static let longBase64 = String(repeating: "QUJD", count: 20)

    @Test(arguments: [
        ("/data/a.png", "path"), ("./b.png", "path"), ("../c.png", "path"), ("~/d.png", "path"),
        ("data:text/plain,x", "data_uri"), ("data:;base64,aGk=", "data_uri"), (longBase64, "base64"),
        ("/data/id_card.png", "path"), ("/etcetera/x", "path"),
    ])
    func `without a schema it uploads what is a file beyond doubt`(text: String, rule: String) throws {
        let entry = try entry(text)
        #expect(entry.verdict == .upload)
        #expect("\(entry.rule)" == rule)
    }

    @Test(arguments: [
        "plain.png", "hello", "/data/missing.png", "data: the new oil, and more", "data:,x", "internationalization",
        "d41d8cd98f00b204e9800998ecf8427e", String(repeating: "ab", count: 32), "https://example.com/a.png",
        "inf://files/abc", "", ".", "/", "a/b", String(repeating: "x", count: 5001), "QUJD", "~root/x",
        "file:///etc/passwd",
    ])
    func `without a schema it keeps everything else`(text: String) throws {
        let entry = try entry(text)
        #expect(entry.verdict == .keep)
        #expect(entry.rule == .text)
    }

    @Test(arguments: [
        "/etc/passwd", "/data/link", "~/.ssh/id_rsa", "/data/.env", "/data/.env.local", "/data/server.pem",
        "/data/x.key", "/data/id_ed25519", "/dev/null", "~/.aws/credentials", "/data/.netrc", "/proc/self/environ",
    ])
    func `nothing is uploaded by its mere name from where secrets are`(text: String) throws {
        for schema in [nil, Self.fileSchema] {
            let entry = try entry(text, schema: schema)
            #expect(entry.verdict == .refuse)
            #expect(entry.rule == .deniedPath)
            #expect(entry.reason?.contains("FileInput.path") == true)
        }
        #expect(try self.entry(text, schema: Self.textSchema).verdict == .keep)
        let explicit = try plan(.file(.path(text)))
        #expect(explicit.entries.first?.verdict == .upload)
    }

    @Test(arguments: [
        ("/data/a.png", "file_field_path"), ("plain.png", "file_field_path"), ("hello", "file_field_path"),
        ("data:,x", "file_field_data_uri"), ("QUJD", "file_field_base64"),
    ])
    func `a file field takes every form of a file`(text: String, rule: String) throws {
        let entry = try entry(text, schema: Self.fileSchema)
        #expect(entry.verdict == .upload)
        #expect("\(entry.rule)" == rule)
    }

    @Test(arguments: ["https://example.com/a.png?x=1", "inf://files/abc/x", "inf-files://abc"])
    func `a file field keeps addresses`(text: String) throws {
        let entry = try entry(text, schema: Self.fileSchema)
        #expect(entry.verdict == .keep)
        #expect(entry.rule == .fileFieldURI)
        #expect(!entry.source.contains("x=1"))
    }

    @Test(arguments: ["no such file.png", "data:no comma", "", "/data/missing", "ftp://a/b"])
    func `a file field refuses the rest and names the place`(text: String) throws {
        let plan = try plan(
            ["a": ["b": .string(text)]],
            schema: ["properties": ["a": ["properties": ["b": Self.fileSchema]]]])
        #expect(plan.entries.first?.verdict == .refuse)
        #expect(plan.refusal?.pointer?.description == "/a/b")
        #expect(plan.refusal?.message.hasPrefix("/a/b: ") == true)
    }

    @Test func `a file field refuses numbers, lists and objects that are no record`() throws {
        for value in [InputValue.integer(1), .bool(true), ["x"], ["path": "/data/a.png"]] {
            #expect(try plan(value, schema: Self.fileSchema).entries.first?.verdict == .refuse)
        }
        #expect(try plan(.null, schema: Self.fileSchema).entries.isEmpty)
    }

    @Test func `a file field keeps a record whole`() throws {
        let plan = try plan(["uri": "https://h/x", "size": 3], schema: Self.fileSchema)
        #expect(plan.input.json { _ in nil } == ["uri": "https://h/x", "size": 3])
        #expect(plan.entries.map(\.verdict) == [.keep])
    }

    @Test func `a text field stays text whatever it looks like`() throws {
        for text in ["/data/a.png", "./b.png", Self.longBase64, "data: the new oil, and more", "data:,x"] {
            let entry = try entry(text, schema: Self.textSchema)
            #expect(entry.verdict == .keep)
            #expect(entry.rule == .textField)
        }
        #expect(try entry("data:text/plain,x", schema: Self.textSchema).verdict == .upload)
        #expect(try entry("/data/a.png", schema: ["enum": ["/data/a.png"]]).verdict == .keep)
    }

    @Test func `a field that is a file or text takes text`() throws {
        let schema: JSONValue = ["anyOf": [Self.fileSchema, Self.textSchema]]
        #expect(try entry("just words", schema: schema).verdict == .keep)
        #expect(try entry("/data/a.png", schema: schema).verdict == .upload)
        let optional: JSONValue = ["anyOf": [Self.fileSchema, ["type": "null"]]]
        #expect(try entry("just words", schema: optional).verdict == .refuse)
    }

    @Test func `references in a schema are followed`() throws {
        let schema: JSONValue = [
            "properties": ["files": ["type": "array", "items": ["$ref": "#/$defs/File"]]],
            "$defs": ["File": Self.fileSchema],
        ]
        let plan = try plan(["files": ["plain.png"]], schema: schema)
        #expect(plan.entries.map(\.verdict) == [.upload])
        #expect(plan.entries[0].pointer.description == "/files/0")
    }

    @Test func `in an untrusted part no string is a file`() throws {
        let plan = try plan(["x": .untrusted(["/data/a.png", "data:text/plain,x"])])
        #expect(plan.entries.map(\.verdict) == [.keep, .keep])
        #expect(plan.entries.allSatisfy { $0.rule == .untrusted })
    }

    @Test func `the explicit policy takes no string for a file`() throws {
        let plan = try plan(["a": "/data/a.png", "b": .file(.path("/data/a.png"))], policy: .explicitOnly)
        #expect(plan.entries.map(\.verdict) == [.keep, .upload])
    }

    @Test func `roots bind paths in strings but not explicit ones`() throws {
        let policy = UploadPolicy.schemaLed.beneath(["/data/"])
        #expect(try entry("/data/a.png", policy: policy).verdict == .upload)
        #expect(try entry("./b.png", policy: policy).rule == .outsideRoots)
        #expect(try plan(.file(.path("./b.png")), policy: policy).entries[0].verdict == .upload)
    }

    @Test func `a plan never shows content`() throws {
        let plan = try plan(["a": "data:text/plain,verysecret", "b": .file(.base64("dmVyeXNlY3JldA=="))])
        #expect(!"\(plan.json)".contains("verysecret"))
        #expect(!"\(plan.json)".contains("dmVyeXNlY3JldA"))
        #expect(plan.entries.map(\.size) == [10, 10])
    }

    @Test func `an input nested too deep is refused`() throws {
        var value = InputValue.string("x")
        for _ in 0..<65 { value = [value] }
        #expect(throws: FerryError.self) { try plan(value) }
        var fine = InputValue.string("x")
        for _ in 0..<64 { fine = [fine] }
        #expect(try plan(fine).entries.count == 1)
    }

    @Test func `numbers and order survive`() throws {
        let input: InputValue = ["z": 9_007_199_254_740_993, "a": 1.5, "m": [true, nil, "x"]]
        let json = try plan(input).input.json { _ in nil }
        #expect("\(json)" == "{\"z\":9007199254740993,\"a\":1.5,\"m\":[true,null,\"x\"]}")
        #expect(try plan(InputValue(json)).input.json { _ in nil } == json)
    }
}
