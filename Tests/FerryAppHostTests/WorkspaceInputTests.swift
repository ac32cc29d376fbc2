// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import Foundation
import Testing

@testable import FerryAppHost

@Suite struct WorkspaceInputTests {
    private func content(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    @Test func `bytes are placed as a file of that name in a folder of their own`() async throws {
        try await ScriptedHost.with("greet") { host async throws in
            try await host.withWorkspace { workspace async throws in
                let bytes = (0..<2_500_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
                let first = try await workspace.place(MemoryReader(bytes), filename: "photo.jpg")
                let second = try await workspace.place(MemoryReader([]), filename: "photo.jpg")
                let root = try #require((workspace as? DiskWorkspace)?.path)
                #expect(first == root + "/in/1/photo.jpg")
                #expect(second == root + "/in/2/photo.jpg")
                #expect(try content(first) == bytes)
                #expect(try content(second) == [])
            }
        }
    }

    @Test func `a stored file is cloned or copied, never linked`() async throws {
        try await ScriptedHost.with("greet") { host async throws in
            try await host.withWorkspace { workspace async throws in
                let stored = host.folder + "/stored"
                let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
                try Data(bytes).write(to: URL(fileURLWithPath: stored))
                let reader = FileReader(localPath: stored, size: Int64(bytes.count))
                let path = try await workspace.place(reader, filename: "a.bin")
                #expect(try content(path) == bytes)
                var facts = stat()
                #expect(stat(path, &facts) == 0)
                #expect(facts.st_nlink == 1)
                #expect(facts.st_mode & 0o777 == 0o600)
                try Data([1]).write(to: URL(fileURLWithPath: path))
                #expect(try content(stored) == bytes)
            }
        }
    }

    @Test(arguments: [
        "../../etc/passwd", "/etc/passwd", "..", ".", "", "a/b", "a\u{0}b", "CON", "new\nline", "ü\u{202E}gpj.exe",
        String(repeating: "long ", count: 2000), "CON." + String(repeating: "x", count: 300),
    ])
    func `whatever a file is called, it lies in its folder`(name: String) async throws {
        try await ScriptedHost.with("greet") { host async throws in
            try await host.withWorkspace { workspace async throws in
                let path = try await workspace.place(MemoryReader([1, 2]), filename: name)
                let folder = try #require((workspace as? DiskWorkspace)?.path) + "/in/1"
                let names = try FileManager.default.contentsOfDirectory(atPath: folder)
                #expect(names.count == 1)
                #expect(path == folder + "/" + (names.first ?? ""))
                #expect(try content(path) == [1, 2])
            }
        }
    }

    @Test func `stored bytes that are shorter than their record are an error`() async throws {
        try await ScriptedHost.with("greet") { host async throws in
            try await host.withWorkspace { workspace async throws in
                let stored = host.folder + "/stored"
                try Data([1, 2, 3]).write(to: URL(fileURLWithPath: stored))
                await #expect(throws: ServerError.self) {
                    try await workspace.place(FileReader(localPath: stored, size: 4), filename: "a")
                }
                await #expect(throws: ServerError.self) {
                    try await workspace.place(MemoryReader([1, 2, 3], size: 4), filename: "a")
                }
                await #expect(throws: ServerError.self) {
                    try await workspace.place(FileReader(localPath: stored + "x", size: 4), filename: "a")
                }
            }
        }
    }

    @Test func `tasks get folders of their own whatever their ids are`() async throws {
        try await ScriptedHost.with("greet") { host async throws in
            var paths: Set<String> = []
            // As many at once as a version may have.
            for id in ["a", "a", "../../b", String(repeating: "c", count: 500)] {
                let workspace = try #require(
                    try await host.runner.lease(for: try await host.job(id)) { _ in }.workspace as? DiskWorkspace)
                let parent = URL(fileURLWithPath: workspace.worker.path).deletingLastPathComponent().path
                #expect(workspace.path == "\(workspace.worker.path)/tasks/\(workspace.name)")
                #expect(parent == URL(fileURLWithPath: host.folder + "/work").resolvingSymlinksInPath().path)
                paths.insert(workspace.path)
            }
            #expect(paths.count == 4)
            #expect(host.leftovers.count == 4)
            #expect(try await host.runner.removeLeftovers() == 4)
            #expect(host.leftovers == [])
            #expect(try await host.runner.removeLeftovers() == 0)
        }
    }
}
