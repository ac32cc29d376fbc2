// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import Foundation
import Testing

@testable import FerryAppHost

@Suite struct WorkspaceRemovalTests {
    /// Lets a script fill a workspace, removes it, and checks that nothing is left of it.
    private func removal(after script: String, _ check: (ScriptedHost) throws -> Void = { _ in }) async throws {
        try await ScriptedHost.with("greet; outdir; cd \"$out/..\"; \(script)\nreply result '\"output\":{}'") {
            host async throws in
            let lease = try await host.runner.lease(for: try await host.job()) { _ in }
            let workspace = lease.workspace
            _ = try await lease.run(input: ["n": 1]) { _ in }
            let path = try #require((workspace as? DiskWorkspace)?.path)
            #expect(FileManager.default.fileExists(atPath: path))
            await workspace.remove()
            #expect(!FileManager.default.fileExists(atPath: path))
            await workspace.remove()
            try check(host)
            await lease.release()
            await host.runner.shutdown()
            #expect(host.leftovers == [])
        }
    }

    @Test func `links are removed, not followed`() async throws {
        let script = """
            mkdir "$home/keep"; echo x > "$home/keep/file"
            ln -s "$home/keep" out/link; ln -s "$home/keep/file" tmp/file; ln -s . out/self; mkfifo out/pipe
            """
        try await removal(after: script) { host throws in
            #expect(try String(contentsOfFile: host.folder + "/keep/file", encoding: .utf8) == "x\n")
        }
    }

    @Test func `folders without permissions and names that are no text are removed`() async throws {
        let script = """
            mkdir -p out/locked/inner; echo x > out/locked/inner/file
            name=$(printf 'bad\\377name'); mkdir "out/$name"; echo x > "out/$name/$name"
            chmod 000 out/locked/inner out/locked; chmod 500 out tmp
            """
        try await removal(after: script)
    }

    @Test func `a tree deeper than any path is removed`() async throws {
        try await ScriptedHost.with("greet") { host async throws in
            let workspace = try #require(
                try await host.runner.lease(for: try await host.job("t")) { _ in }.workspace as? DiskWorkspace)
            var folder = workspace.output
            for level in 0..<4000 {
                folder = try folder.makeFolder("folder")
                if level.isMultiple(of: 100) { _ = try folder.makeFile("file") }
            }
            await workspace.remove()
            #expect(!FileManager.default.fileExists(atPath: workspace.path))
        }
    }

    @Test func `thousands of files are removed`() async throws {
        try await removal(after: "cd out; seq 1 9000 | xargs touch; mkdir many; cd many; seq 1 5000 | xargs touch")
    }

    @Test func `a workspace is removed though the task that had it is cancelled`() async throws {
        try await ScriptedHost.with("greet") { host async throws in
            let workspace = try await host.runner.lease(for: try await host.job("t")) { _ in }.workspace
            let task = Task {
                while !Task.isCancelled { await Task.yield() }
                await workspace.remove()
            }
            task.cancel()
            await task.value
            #expect(!FileManager.default.fileExists(atPath: try #require((workspace as? DiskWorkspace)?.path)))
        }
    }

    @Test func `leftovers are removed at the start, links among them not followed`() async throws {
        try await ScriptedHost.with("greet") { host async throws in
            #expect(try await host.runner.removeLeftovers() == 0)
            let work = host.folder + "/work"
            let keep = host.folder + "/keep"
            try FileManager.default.createDirectory(atPath: keep, withIntermediateDirectories: true)
            try FileManager.default.createDirectory(atPath: work + "/a/b/c", withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(atPath: work + "/link", withDestinationPath: keep)
            #expect(FileManager.default.createFile(atPath: keep + "/file", contents: Data([1])))
            #expect(FileManager.default.createFile(atPath: work + "/file", contents: Data([1])))
            #expect(try await host.runner.removeLeftovers() == 3)
            #expect(host.leftovers == [])
            #expect(FileManager.default.fileExists(atPath: keep + "/file"))
        }
    }
}
