// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation

/// A folder that lasts as long as its owner.
final class TestFolder: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("ferry-e2e-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func file(_ name: String, bytes: [UInt8]) throws -> URL {
        let file = url.appendingPathComponent(name)
        try Data(bytes).write(to: file)
        return file
    }
}

extension TestFolder {
    /// Makes a folder, and those above it.
    func folder(_ name: String) throws -> URL {
        let folder = url.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }

    /// Makes a link.
    func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(
            atPath: url.appendingPathComponent(name).path, withDestinationPath: target)
    }
}

/// Bytes that differ everywhere and are the same each time.
enum PatternedBytes {
    static func make(count: Int, seed: UInt64) -> [UInt8] {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        var bytes = [UInt8](repeating: 0, count: count)
        bytes.withUnsafeMutableBytes { buffer in
            var offset = 0
            while offset < count {
                state ^= state << 13
                state ^= state >> 7
                state ^= state << 17
                withUnsafeBytes(of: state) { word in
                    let length = min(8, count - offset)
                    buffer.baseAddress?.advanced(by: offset).copyMemory(from: word.baseAddress!, byteCount: length)
                    offset += length
                }
            }
        }
        return bytes
    }
}

/// What lies in a server's blob folder.
enum StoredBlobs {
    static func count(in dataDirectory: String) throws -> Int { try files(in: dataDirectory).count }

    /// Every regular file beneath the blob folder, unfinished ones included.
    static func files(in dataDirectory: String) throws -> [URL] {
        let root = URL(fileURLWithPath: dataDirectory).appendingPathComponent("blobs")
        let all = FileManager.default.enumerator(at: root, includingPropertiesForKeys: [.isRegularFileKey])
        return try (all?.compactMap { $0 as? URL } ?? []).filter {
            try $0.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true
        }
    }
}
