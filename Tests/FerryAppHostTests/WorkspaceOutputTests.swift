// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import Foundation
import NIOCore
import Testing

@testable import FerryAppHost

@Suite struct WorkspaceOutputTests {
    /// Runs a shell script in a workspace, as an app would, and looks at what it left there.
    private func after(
        _ script: String, _ body: (any TaskWorkspace, String) async throws -> Void
    ) async throws {
        try await ScriptedHost.with("greet; outdir; cd \"$out\"; \(script)\nreply result '\"output\":{}'") {
            host async throws in
            try await host.withLease { lease async throws in
                let workspace = lease.workspace
                _ = try await lease.run(input: ["n": 1]) { _ in }
                try await body(workspace, try #require((workspace as? DiskWorkspace)?.path))
            }
        }
    }

    private func isRefused(_ name: String, by workspace: any TaskWorkspace) async -> Bool {
        do {
            return try await workspace.open(output: name) == nil
        } catch {
            return error is AppFailure
        }
    }

    private func text(_ reader: any BlobReader) async throws -> String {
        var text = ""
        while text.utf8.count < reader.size {
            text += String(buffer: try await reader.read(at: Int64(text.utf8.count), maximumLength: 3))
        }
        await reader.close()
        return text
    }

    @Test func `a file the app made is read`() async throws {
        try await after("printf 'some text' > a.txt; mkdir -p b/c; printf deep > b/c/d.txt; : > empty") {
            (workspace, path) async throws in
            for name in [path + "/out/a.txt", path + "//out/./a.txt"] {
                let reader = try #require(try await workspace.open(output: name), "\(name)")
                #expect(reader.size == 9)
                #expect(try await text(reader) == "some text")
            }
            let deep = try #require(try await workspace.open(output: path + "/out/b/c/d.txt"))
            #expect(try await text(deep) == "deep")
            let empty = try #require(try await workspace.open(output: path + "/out/empty"))
            #expect(empty.size == 0)
            #expect(try await empty.read(at: 0, maximumLength: 10).readableBytes == 0)
        }
    }

    @Test func `links, pipes, folders and second names are not files of the app`() async throws {
        let script = """
            printf secret > "$home/secret"
            printf mine > mine
            ln -s "$home/secret" link; ln -s mine inner-link; ln -s . loop; ln -s "$home" folder-link
            ln -s nowhere dangling; ln "$home/secret" hard 2>/dev/null || ln mine hard
            mkfifo pipe; mkdir folder; mkdir folder/sub
            printf input > ../in/input; ln -s /dev/zero device
            """
        try await after(script) { (workspace, path) async throws in
            for name in [
                "link", "inner-link", "loop/mine", "folder-link/secret", "dangling", "hard", "pipe", "folder",
                "folder/sub", "device", "missing", "mine/x", "../in/input", "../out/mine", "folder/../mine", "..", ".",
                "", String(repeating: "x", count: 300), "mine\u{0}",
            ] {
                #expect(await isRefused(path + "/out/" + name, by: workspace), "\(name)")
            }
            for name in [
                "/etc/passwd", path + "/in/input", path + "/tmp", "in/input", "mine", path, "/", "", "out",
                path + "/outside", path + "x/out/mine", path + "/out/../../../secret", "file://" + path + "/out/mine",
                "~/out/mine", "../" + path + "/out/mine",
            ] {
                #expect(await isRefused(name, by: workspace), "\(name)")
            }
            #expect(try await workspace.open(output: path + "/out/mine") != nil)
        }
    }

    @Test func `an app that puts a link in place of its output folder shows nothing of the server's`() async throws {
        let script = """
            mkdir "$home/data"; printf secret > "$home/data/secret"
            cd ..; mv out old; ln -s "$home/data" out
            """
        try await after(script) { (workspace, path) async throws in
            #expect(try String(contentsOfFile: path + "/out/secret", encoding: .utf8) == "secret")
            #expect(try await workspace.open(output: path + "/out/secret") == nil)
        }
    }

    @Test func `reading never goes beyond the size at opening, and a shrunk file is an error`() async throws {
        try await after("printf 0123456789 > a") { (workspace, path) async throws in
            let reader = try #require(try await workspace.open(output: path + "/out/a"))
            let whole = try await reader.read(at: 0, maximumLength: 100)
            #expect(String(buffer: whole) == "0123456789")
            let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path + "/out/a"))
            try file.seekToEnd()
            try file.write(contentsOf: Data("more".utf8))
            #expect(try await reader.read(at: 10, maximumLength: 100).readableBytes == 0)
            #expect(try await reader.read(at: 8, maximumLength: 100).readableBytes == 2)
            #expect(try await reader.read(at: -1, maximumLength: 100).readableBytes == 0)
            try file.truncate(atOffset: 3)
            await #expect(throws: AppFailure.self) { try await reader.read(at: 5, maximumLength: 5) }
            await reader.close()
            await reader.close()
            await #expect(throws: ServerError.self) { try await reader.read(at: 0, maximumLength: 5) }
        }
    }
}
