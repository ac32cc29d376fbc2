// SPDX-License-Identifier: Apache-2.0

import Crypto
import FerryBlobDisk
import FerryServerCore
import FerryTesting
import FerryWire
import Foundation
import NIOCore
import NIOPosix
import Testing

@Suite("Disk store: what others may plant")
struct DiskAttackTests {
    let folder: TemporaryFolder
    let outside: TemporaryFolder
    let team = Identifier.random()

    init() throws {
        folder = try TemporaryFolder()
        outside = try TemporaryFolder()
        try outside.write("secret", to: "secret")
    }

    private func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/" + name, withDestinationPath: outside.path + "/" + target)
    }

    @Test("a link in a blob's place is neither read nor written through")
    func linkedBlob() async throws {
        let store = try folder.store()
        let bytes = Array("mine".utf8)
        let key = "\(team)/\(SHA256.hash(data: bytes).hexadecimal)"
        let shard = "\(team)/\(key.split(separator: "/")[1].prefix(2))"
        try FileManager.default.createDirectory(
            atPath: folder.path + "/" + shard, withIntermediateDirectories: true)
        try link(relativePath(key), to: "secret")
        await #expect(throws: ServerError.self) { try await store.open(key) }
        #expect(try await store.store(bytes, team: team).key == key)
        #expect(try await store.contents(key) == bytes)
        #expect(try outside.read("secret") == "secret")
        try await store.remove(key)
        #expect(try outside.names() == ["secret"])
    }

    @Test("a link in a team's or a shard's place is not followed")
    func linkedFolders() async throws {
        let store = try folder.store()
        try link(team, to: "")
        await #expect(throws: ServerError.self) { try await store.store([1], team: team) }
        let digest = String(repeating: "a", count: 64)
        await #expect(throws: ServerError.self) { try await store.open("\(team)/\(digest)") }

        let other = Identifier.random()
        let bytes = Array("x".utf8)
        let shard = SHA256.hash(data: bytes).hexadecimal.prefix(2)
        try FileManager.default.createDirectory(
            atPath: folder.path + "/" + other, withIntermediateDirectories: false)
        try link("\(other)/\(shard)", to: "")
        await #expect(throws: ServerError.self) { try await store.store(bytes, team: other) }
        #expect(try outside.names() == ["secret"])
        #expect(try folder.names("tmp") == [])
    }

    @Test("a link in the uploads' place is refused at the start")
    func linkedUploads() throws {
        try link("tmp", to: "")
        #expect(throws: ServerError.self) { try folder.store() }
        #expect(try outside.names() == ["secret"])
    }

    @Test("a pipe or a folder in a blob's place is refused without waiting")
    func oddBlobs() async throws {
        let store = try folder.store()
        let reference = try await store.store([7], team: team)
        let path = folder.path + "/" + relativePath(reference.key)
        try FileManager.default.removeItem(atPath: path)
        #expect(mkfifo(path, 0o600) == 0)
        await #expect(throws: ServerError.self) { try await store.open(reference.key) }
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        await #expect(throws: ServerError.self) { try await store.open(reference.key) }
        await #expect(throws: ServerError.self) { try await store.store([7], team: team) }
        #expect(try folder.names("tmp") == [])
    }

    @Test("keys that are paths touch nothing", arguments: ["../secret", "/etc/hostname", "tmp/x", "..", "a/../b"])
    func traversal(key: String) async throws {
        let store = try folder.store()
        #expect(try await store.open(key) == nil)
        try await store.remove(key)
        #expect(try outside.names() == ["secret"])
    }

    @Test(
        "a team that is no id is refused",
        arguments: ["", "..", "tmp", "../../x", "A" + String(repeating: "a", count: 25)])
    func oddTeams(team: String) async throws {
        let store = try folder.store()
        await #expect(throws: ServerError.self) { try await store.begin(team: team, expectedSize: nil) }
        #expect(try folder.names() == ["tmp"])
    }

    @Test("a blob cut short by something else is replaced by the next equal upload")
    func cutBlob() async throws {
        let store = try folder.store()
        let bytes = [UInt8](repeating: 5, count: 1000)
        let reference = try await store.store(bytes, team: team)
        try folder.write("short", to: relativePath(reference.key))
        #expect(try await store.store(bytes, team: team) == reference)
        #expect(try await store.contents(reference.key) == bytes)
    }

    @Test("a folder that cannot be made is refused at the start, without its path in the message")
    func impossibleRoot() throws {
        let error = #expect(throws: ServerError.self) {
            try DiskBlobStore(root: "/proc/ferry-secret-place", threadPool: .singleton)
        }
        #expect(error?.description.contains("ferry-secret-place") == false)
    }

    @Test("a folder that may not be written is an error that says so", .enabled(if: geteuid() != 0))
    func readOnlyFolder() async throws {
        let store = try folder.store()
        try FileManager.default.setAttributes([.posixPermissions: 0o500], ofItemAtPath: folder.path + "/tmp")
        let error = await #expect(throws: ServerError.self) { try await store.begin(team: team, expectedSize: nil) }
        #expect(error?.code == .internalError)
        #expect(error?.message.contains("permissions") == true)
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder.path + "/tmp")
    }
}
