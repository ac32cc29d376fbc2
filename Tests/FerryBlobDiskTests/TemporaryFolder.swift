// SPDX-License-Identifier: Apache-2.0

import FerryBlobDisk
import FerryServerCore
import FerryTesting
import FerryWire
import Foundation
import NIOCore
import NIOPosix

/// A folder of a test's own, removed when the test lets go of it.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/ferry-test-" + Identifier.random()
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func store(
        limits: DiskBlobStore.Limits = .init(), calls: DiskCalls = .system
    ) throws -> DiskBlobStore {
        try DiskBlobStore(root: path, threadPool: .singleton, limits: limits, calls: calls)
    }

    /// What lies in a folder below, sorted.
    func names(_ folder: String = "") throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path + "/" + folder).sorted()
    }

    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path + "/" + name))
    }

    func read(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(fileURLWithPath: path + "/" + name)), as: UTF8.self)
    }

    func attributes(_ name: String) throws -> [FileAttributeKey: Any] {
        try FileManager.default.attributesOfItem(atPath: path + "/" + name)
    }
}

extension BlobStore {
    /// Stores bytes in one go.
    func store(_ bytes: [UInt8], team: String, chunk: Int = 1 << 18) async throws -> BlobReference {
        let writer = try await begin(team: team, expectedSize: Int64(bytes.count))
        var rest = bytes[...]
        while !rest.isEmpty {
            try await writer.write(ByteBuffer(bytes: rest.prefix(chunk)))
            rest = rest.dropFirst(chunk)
        }
        _ = try await writer.finish()
        return try await writer.commit()
    }

    /// All bytes of a blob.
    func contents(_ key: String) async throws -> [UInt8]? {
        guard let reader = try await open(key) else { return nil }
        var bytes: [UInt8] = []
        while case let next = try await reader.read(at: Int64(bytes.count), maximumLength: 1 << 20),
            next.readableBytes > 0
        {
            bytes.append(contentsOf: next.readableBytesView)
        }
        await reader.close()
        return bytes
    }
}

/// The path of a key below the store's folder.
func relativePath(_ key: String) -> String {
    let parts = key.split(separator: "/")
    return "\(parts[0])/\(parts[1].prefix(2))/\(parts[1])"
}
