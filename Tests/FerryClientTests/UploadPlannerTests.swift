// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

@testable import FerryClient

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
        "/etc/no/such", "~/.bashrc", "/data/../etc/passwd", "/../etc/passwd", "./.ssh/config",
        "/home/me/.config/gh/hosts.yml",
    ])
    func `nothing is uploaded by its mere name from where secrets are`(text: String) throws {
        let inFileField = try entry(text, schema: Self.fileSchema)
        #expect(inFileField.verdict == .refuse)
        #expect(inFileField.rule == .deniedPath)
        #expect(inFileField.reason?.contains("FileInput.path") == true)
        for policy in [UploadPolicy.schemaLed, .reference] {
            let open = try entry(text, policy: policy)
            #expect(open.verdict == .keep)
            #expect(open.rule == .deniedPath)
            #expect(open.warning != nil)
        }
        #expect(try self.entry(text, schema: Self.textSchema).verdict == .keep)
    }

    @Test func `what the caller says is a file is one wherever it lies`() throws {
        for path in ["/etc/passwd", "/home/me/.ssh/id_rsa", "/data/server.pem"] {
            #expect(try plan(.file(.path(path))).entries.first?.verdict == .upload)
        }
        let missing = try plan(["a": .file(.path("/data/missing"))])
        #expect(missing.refusal?.code == .localFileNotFound)
        #expect(missing.refusal?.message.hasPrefix("/a: ") == true)
    }

    @Test func `a denied place is not even looked at`() throws {
        let lookup = FakeLookup(files: Self.files)
        let planner = UploadPlanner(policy: .schemaLed, lookup: lookup, maximumInlineSize: 1 << 20)
        for schema in [nil, JSONSchema(Self.fileSchema)] {
            for text in ["/etc/passwd", "~/.ssh/id_rsa", "/proc/self/environ"] {
                _ = try planner.plan(.string(text), schema: schema)
            }
        }
        #expect(lookup.looked.value.isEmpty)
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

    @Test func `a record's other members describe the file and are none`() throws {
        let kept = try plan(["uri": "inf://files/abc", "filename": "/data/a.png"], schema: Self.fileSchema)
        #expect(kept.entries.map { "\($0.pointer) \($0.rule)" } == ["/uri file_field_uri", "/filename text_field"])
        let uploaded = try plan(
            ["uri": "/data/a.png", "filename": "b.jpg", "content_type": "image/x"], schema: Self.fileSchema)
        let file = try #require(uploaded.input.files.first?.0)
        #expect(file.filename == "b.jpg")
        #expect(file.contentType == "image/x")
        #expect(uploaded.input.json { _ in "U" } == "U")
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
        // Where text may stand too, a bare name is text although there is such a file.
        for text in ["hello", "QUJD", "data:,x", "/etc/passwd"] {
            #expect(try entry(text, schema: schema).verdict == .keep)
        }
        #expect(try entry("inf://files/abc", schema: schema).rule == .fileFieldURI)
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

    @Test func `base64 that begins with a slash is base64 all the same`() throws {
        let jpeg = "/9j/" + String(repeating: "AAAA", count: 20)
        #expect(try entry(jpeg, schema: Self.fileSchema).rule == .fileFieldBase64)
        #expect(try entry(jpeg).rule == .base64)
        #expect(try entry("/abc", schema: Self.fileSchema).failure == .localFileNotFound)
    }

    @Test func `an object's constants say which of its strings are files`() throws {
        let schema: JSONValue = [
            "items": [
                "oneOf": [
                    ["properties": ["kind": ["const": "image"], "source": Self.fileSchema]],
                    ["properties": ["kind": ["const": "note"], "source": Self.textSchema]],
                ]
            ]
        ]
        let plan = try plan(
            [["kind": "image", "source": "hello"], ["kind": "note", "source": "hello"]], schema: schema)
        let sources = plan.entries.filter { $0.pointer.tokens.last == "source" }
        #expect(sources.map(\.rule) == [.fileFieldPath, .textField])
    }

    @Test func `each place of a tuple has its own rule`() throws {
        let schema: JSONValue = ["prefixItems": [Self.textSchema, Self.fileSchema], "items": Self.textSchema]
        let plan = try plan(["hello", "hello", "hello"], schema: schema)
        #expect(plan.entries.map(\.rule) == [.textField, .fileFieldPath, .textField])
    }

    @Test func `lists of files, optional files and maps of files are understood`() throws {
        let schema: JSONValue = [
            "properties": [
                "either": ["anyOf": [Self.fileSchema, ["type": "array", "items": Self.fileSchema], ["type": "null"]]],
                "map": ["additionalProperties": ["$ref": "#/$defs/Node"]],
            ],
            "$defs": ["Node": ["properties": ["file": Self.fileSchema, "next": ["$ref": "#/$defs/Node"]]]],
        ]
        for either in ["hello", ["hello", "plain.png"], nil] as [InputValue] {
            #expect(try plan(["either": either], schema: schema).entries.allSatisfy { $0.verdict == .upload })
        }
        #expect(try plan(["either": "no such"], schema: schema).refusal?.pointer?.description == "/either")
        let deep = try plan(
            ["map": ["x": ["file": "hello", "next": ["next": ["file": "hello"]]]]], schema: schema)
        #expect(deep.entries.map(\.pointer.description) == ["/map/x/file", "/map/x/next/next/file"])
        #expect(deep.entries.allSatisfy { $0.verdict == .upload })
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
