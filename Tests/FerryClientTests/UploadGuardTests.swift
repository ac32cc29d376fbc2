// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import Testing

@testable import FerryClient

#if canImport(Glibc)
import Glibc
#endif

/// Rows 39 to 42 of the catalogue of bad input, on a real file system; the guard around paths in strings.
@Suite(.timeLimit(.minutes(2))) struct UploadGuardTests {
    private static let file: JSONValue = ["type": "string", "format": "file"]
    private static let text: JSONValue = ["type": "string"]

    private func plan(
        _ input: InputValue, _ schema: JSONValue?, _ policy: UploadPolicy = .schemaLed
    ) throws -> UploadPlan {
        let planner = UploadPlanner(
            policy: policy, lookup: SystemPathLookup(homeFolder: nil), maximumInlineSize: 1 << 20)
        return try planner.plan(input, schema: schema.map { JSONSchema($0) })
    }

    /// Uploads what is planned, at a server that takes everything, after something happened in between.
    private func execution(
        _ plan: UploadPlan, after change: () throws -> Void = {}
    ) async throws -> (error: FerryError?, puts: [StubRequest], records: Int) {
        let error = Shared<FerryError?>(nil)
        let requests = Shared<[StubRequest]>([])
        try change()
        try await withStub(script: storing) { (ferry, server) async throws in
            let failure = await ferryError { _ = try await UploadPlanExecution(plan: plan, files: ferry.files).run() }
            error.change { $0 = failure }
            let left = server.requests
            requests.change { $0 = left }
        }
        let all = requests.value
        let made = all.count { $0.method == "POST" } - all.count { $0.method == "DELETE" }
        return (error.value, all.filter { $0.method == "PUT" }, made)
    }

    @Test(
        arguments: [
            text, ["anyOf": [text, ["type": "null"]]], ["type": "string", "maxLength": 99], nil, [:], ["title": "Any"],
        ]
            as [JSONValue?])
    func `row 39, the path of a system file as a prompt stays text`(schema: JSONValue?) throws {
        for prompt in ["/etc/passwd", "~/.bashrc", "/proc/self/environ", "/dev/null", "~/.ssh/id_rsa"] {
            for policy in [UploadPolicy.schemaLed, .explicitOnly, .reference] {
                let plan = try plan(["prompt": .string(prompt)], schema.map { ["properties": ["prompt": $0]] }, policy)
                #expect(plan.entries.map(\.verdict) == [.keep], "\(prompt)")
                #expect(plan.input.json { _ in nil } == ["prompt": .string(prompt)])
            }
        }
    }

    @Test(arguments: ["/dev/zero", "/dev/full", "/proc/self/mem", "/proc/self/environ", "pipe", "socket"])
    func `row 40, what is no regular file is refused at once`(name: String) async throws {
        try await withFolder { folder in
            let path = name.hasPrefix("/") ? name : "\(folder)/\(name)"
            if name == "pipe" { #expect(mkfifo(path, 0o600) == 0) }
            let socket = name == "socket" ? try UnixSocket(path) : nil
            defer { socket?.close() }
            let named = try plan(.string(path), Self.file)
            #expect(named.entries.map(\.verdict) == [.refuse])
            let explicit = try plan(.file(.path(path)), Self.file)
            #expect(explicit.entries.map(\.rule) == [.notRegular])
            #expect(explicit.refusal?.message.contains("only regular files") == true)
            #expect(try plan(.string(path), nil).entries.map(\.verdict) == [.keep])
        }
    }

    @Test(arguments: ["file", "folder", "chain"])
    func `row 41, a link that leads out of the roots is refused`(kind: String) async throws {
        try await withFolder { folder in
            try FileManager.default.createDirectory(atPath: "\(folder)/inside", withIntermediateDirectories: true)
            try FileManager.default.createDirectory(atPath: "\(folder)/out", withIntermediateDirectories: true)
            try write([1], to: "\(folder)/out/secret.bin")
            let path: String
            switch kind {
            case "file":
                path = "\(folder)/inside/link.bin"
                symlink("../out/secret.bin", path)
            case "folder":
                symlink("\(folder)/out", "\(folder)/inside/sub")
                path = "\(folder)/inside/sub/secret.bin"
            default:
                symlink("b", "\(folder)/inside/a")
                symlink("../out", "\(folder)/inside/b")
                path = "\(folder)/inside/a/secret.bin"
            }
            let policy = UploadPolicy.schemaLed.beneath(["\(folder)/inside"])
            for schema in [Self.file, nil] {
                let entry = try #require(try plan(.string(path), schema, policy).entries.first)
                #expect(entry.verdict == .refuse)
                #expect(entry.rule == .outsideRoots)
            }
            let dotted = "\(folder)/inside/../out/secret.bin"
            #expect(try plan(.string(dotted), Self.file, policy).entries.map(\.rule) == [.outsideRoots])
            try write([2], to: "\(folder)/inside/own.bin")
            symlink("own.bin", "\(folder)/inside/inner.bin")
            let inner = try plan(.string("\(folder)/inside/inner.bin"), Self.file, policy)
            #expect(inner.entries.map(\.verdict) == [.upload])
        }
    }

    @Test(arguments: ["the file", "its folder", "another file", "a pipe"])
    func `row 41, what is put in a planned file's place is not sent`(swap: String) async throws {
        try await withFolder { folder in
            let files = FileManager.default
            try files.createDirectory(atPath: "\(folder)/inside", withIntermediateDirectories: true)
            try files.createDirectory(atPath: "\(folder)/out", withIntermediateDirectories: true)
            try write([1, 2, 3], to: "\(folder)/inside/a.bin")
            try write([7, 7, 7], to: "\(folder)/out/a.bin")
            for input in [InputValue.string("\(folder)/inside/a.bin"), .file(.path("\(folder)/inside/a.bin"))] {
                let plan = try plan(["a": input], ["properties": ["a": Self.file]])
                #expect(plan.entries.map(\.verdict) == [.upload])
                let outcome = try await execution(plan) {
                    switch swap {
                    case "the file":
                        try files.moveItem(atPath: "\(folder)/inside/a.bin", toPath: "\(folder)/kept")
                        symlink("../out/a.bin", "\(folder)/inside/a.bin")
                    case "its folder":
                        try files.moveItem(atPath: "\(folder)/inside", toPath: "\(folder)/kept")
                        symlink("out", "\(folder)/inside")
                    case "a pipe":
                        try files.moveItem(atPath: "\(folder)/inside/a.bin", toPath: "\(folder)/kept")
                        #expect(mkfifo("\(folder)/inside/a.bin", 0o600) == 0)
                    default:
                        try files.moveItem(atPath: "\(folder)/inside/a.bin", toPath: "\(folder)/kept")
                        try write([7, 7, 7], to: "\(folder)/inside/a.bin")
                    }
                }
                #expect(outcome.error?.code == .sourceChanged)
                #expect(outcome.error?.pointer?.description == "/a")
                #expect(outcome.puts.isEmpty)
                #expect(outcome.records == 0)
                let place = swap == "its folder" ? "\(folder)/inside" : "\(folder)/inside/a.bin"
                try files.removeItem(atPath: place)
                try files.moveItem(atPath: "\(folder)/kept", toPath: place)
            }
        }
    }

    @Test(arguments: ["folder", "missing", "growing", "empty", "unreadable"])
    func `row 42, a folder, a missing, a growing and an empty file each get their due`(kind: String) async throws {
        try await withFolder { folder in
            let path = "\(folder)/\(kind).bin"
            if kind == "folder" {
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            }
            if kind != "folder", kind != "missing" { try write(kind == "empty" ? [] : [1, 2, 3], to: path) }
            for input in [InputValue.string(path), .file(.path(path))] {
                if kind == "unreadable" {
                    // Root may read everything, so that the system cannot be made to refuse.
                    let planner = UploadPlanner(
                        policy: .schemaLed, lookup: FakeLookup(failures: [path: EACCES]), maximumInlineSize: 1)
                    let entry = try #require(try planner.plan(input, schema: JSONSchema(Self.file)).entries.first)
                    #expect(entry.rule == .unreadable)
                    #expect(entry.verdict == .refuse)
                    #expect(entry.reason?.contains("check the path and its permissions") == true)
                    continue
                }
                let plan = try plan(["a": input], ["properties": ["a": Self.file]])
                switch kind {
                case "folder": #expect(plan.refusal?.message.contains("is a folder") == true)
                case "missing": #expect(plan.refusal?.code == .localFileNotFound)
                case "growing":
                    let outcome = try await execution(plan) { try append([4], to: path) }
                    #expect(outcome.error?.code == .sourceChanged)
                    #expect(outcome.puts.isEmpty && outcome.records == 0)
                default:
                    let outcome = try await execution(plan)
                    #expect(outcome.error == nil)
                    #expect(outcome.puts.map(\.bodySize) == [0])
                }
            }
        }
    }

    @Test func `a folder's name as a prompt is text`() async throws {
        try await withFolder { (folder) async throws in
            for schema in [Self.text, nil] {
                for prompt in [".", "..", "/", folder, "\(folder)/", "./", "~/"] {
                    #expect(try plan(.string(prompt), schema).entries.map(\.verdict) == [.keep])
                }
            }
        }
    }

    @Test func `a plan shows the real path, the size and the type by content`() async throws {
        try await withFolder { folder in
            let real = try #require(SystemPathLookup(homeFolder: nil).resolved(folder))
            try write(Array("\u{89}PNG\r\n\u{1A}\n".unicodeScalars.map { UInt8($0.value) }), to: "\(folder)/photo.jpg")
            symlink("photo.jpg", "\(folder)/link.jpg")
            let entry = try #require(try plan(.string("\(folder)/link.jpg"), Self.file).entries.first)
            #expect(entry.source == "\(real)/photo.jpg")
            #expect(entry.size == 8)
            #expect(entry.contentType == "image/png")
        }
    }

    @Test func `files over the size and beyond the number that strings may name are refused`() async throws {
        try await withFolder { folder in
            for name in ["a", "b", "c"] { try write(Array(repeating: 1, count: 10), to: "\(folder)/\(name)") }
            var policy = UploadPolicy.schemaLed
            policy.maximumFiles = 2
            let input = InputValue.array(["a", "b", "c"].map { .string("\(folder)/\($0)") })
            #expect(try plan(input, nil, policy).entries.map(\.rule) == [.path, .path, .countLimit])
            policy.maximumFileSize = 9
            #expect(try plan(input, nil, policy).entries.map(\.rule) == [.sizeLimit, .sizeLimit, .sizeLimit])
            let explicit = InputValue.file(.path("\(folder)/a"))
            #expect(try plan(explicit, nil, policy).entries.map(\.verdict) == [.upload])
        }
    }
}

/// A socket in the file system.
private struct UnixSocket {
    private let descriptor: CInt

    init(_ path: String) throws {
        descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = path.utf8CString
        try withUnsafeMutableBytes(of: &address.sun_path) { space in
            try #require(bytes.count <= space.count, "the temporary folder's path is too long")
            bytes.withUnsafeBytes { space.copyMemory(from: $0) }
        }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0)
    }

    func close() { _ = Glibc.close(descriptor) }
}
