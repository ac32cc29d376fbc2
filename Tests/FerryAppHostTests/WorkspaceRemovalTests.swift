// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import Foundation
import Synchronization
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

    @Test func `a folder that is filled as fast as it is emptied is given up in time`() async throws {
        let path = NSTemporaryDirectory() + "/ferry-filled-" + Identifier.random()
        try FileManager.default.createDirectory(atPath: path + "/top/inner", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let isOver = Mutex(false)
        let fillers = (0..<2).map { filler in
            Thread {
                var number = 0
                while !isOver.withLock({ $0 }) {
                    number += 1
                    mkdir(path + "/top", 0o700)
                    mkdir(path + "/top/inner", 0o700)
                    for place in ["top", "top/inner"] {
                        for part in 0..<50 {
                            let name = "\(path)/\(place)/\(filler)-\(number)-\(part)"
                            let file = open(name, O_CREAT | O_WRONLY, 0o600)
                            if file >= 0 { close(file) }
                        }
                    }
                }
            }
        }
        for filler in fillers { filler.start() }
        let folder = try Descriptor.folder(at: path)
        let start = ContinuousClock.now
        for _ in 0..<5 { _ = TreeRemoval.remove("top", in: folder, until: .now + .milliseconds(300)) }
        isOver.withLock { $0 = true }
        #expect(ContinuousClock.now - start < .seconds(10))
        // Nothing is removed once the time is over.
        mkdir(path + "/top", 0o700)
        #expect(FileManager.default.createFile(atPath: path + "/top/file", contents: nil))
        #expect(!TreeRemoval.remove("top", in: folder, until: .now))
        #expect(FileManager.default.fileExists(atPath: path + "/top/file"))
    }

    @Test func `an app whose files cannot be removed in time is ended`() async throws {
        var limits = ScriptedHost.quick
        limits.removalTime = .zero
        let script = """
            greet; outdir; echo x > "$out/file"; reply result "\\"output\\":{\\"pid\\":$$}"; again
            """
        try await ScriptedHost.with(script, limits: limits) { host async throws in
            let output = try await host.run()
            #expect(!isRunning(Int32(try #require(output["pid"]?.integerValue))))
        }
    }

    @Test func `an app that goes on making files holds nobody up`() async throws {
        let script = """
            greet; outdir
            for part in 1 2 3; do
                (n=0; while [ $n -lt 200000 ]; do n=$((n+1)); echo > "$out/$part-$n"; echo > "$out/../tmp/$part-$n"; done) 2>/dev/null &
            done
            reply result "\\"output\\":{}"; again; while :; do sleep 1; done
            """
        try await ScriptedHost.with(script) { host async throws in
            let lease = try await host.runner.lease(for: try await host.job()) { _ in }
            _ = try await lease.run(input: [:]) { _ in }
            try await Task.sleep(for: .milliseconds(200))
            await lease.release()
            await host.runner.shutdown()
            #expect(host.leftovers == [])
        }
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
