// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import Testing

@testable import FerryApp

/// The cache as separate processes use it: `ferry cache` beside the tests' bundle.
@Suite(.serialized, .timeLimit(.minutes(3))) struct CacheProcessTests {
    private static var program: URL {
        URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
            .appendingPathComponent("ferry")
    }

    /// A program that runs, with its output in a file.
    private final class Running: Sendable {
        let ended: Task<Int32, Never>
        let process: pid_t
        private let output: URL
        private let errors: URL

        init(_ program: URL, _ arguments: [String], _ fixture: CacheFixture) throws {
            let name = "\(fixture.folder)/\(UUID().uuidString)"
            (output, errors) = (URL(fileURLWithPath: name + ".out"), URL(fileURLWithPath: name + ".err"))
            for file in [output, errors] { try Data().write(to: file) }
            let process = Process()
            process.executableURL = program
            process.arguments = arguments
            process.environment = [
                "HOME": fixture.folder, "FILE_CACHE_DIR": fixture.folder, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
                "FERRY": CacheProcessTests.program.path,
                "LD_LIBRARY_PATH": ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"] ?? "",
            ]
            process.standardOutput = try FileHandle(forWritingTo: output)
            process.standardError = try FileHandle(forWritingTo: errors)
            let (statuses, continuation) = AsyncStream<Int32>.makeStream()
            process.terminationHandler = { process in
                continuation.yield(process.terminationStatus)
                continuation.finish()
            }
            ended = Task { await statuses.first { _ in true } ?? -1 }
            try process.run()
            self.process = process.processIdentifier
        }

        func result() async throws -> (status: Int32, output: String, errors: String) {
            let status = await ended.value
            return (
                status, try String(contentsOf: output, encoding: .utf8), try String(contentsOf: errors, encoding: .utf8)
            )
        }
    }

    private func ferry(_ arguments: [String], _ fixture: CacheFixture) throws -> Running {
        try Running(Self.program, arguments, fixture)
    }

    @Test func `eight processes that ask for 100 MiB at once make one request`() async throws {
        let fixture = try CacheFixture()
        let bytes = [UInt8](repeating: 0x5A, count: (100 << 20) - 8) + [1, 2, 3, 4, 5, 6, 7, 8]
        try await CacheServer.with({ _ in .answer(200, [("ETag", "\"1\"")], bytes) }) { server in
            let running = try (0..<8).map { _ in
                try ferry(
                    ["cache", "fetch", "\(server.url)/big.bin", "--allow-origin", server.url, "--json"], fixture)
            }
            var cached = 0
            for one in running {
                let result = try await one.result()
                #expect(result.status == 0, "\(result.errors)")
                let json = try JSONValue(parsing: Array(result.output.utf8).dropLast())
                #expect(json["size"] == .integer(100 << 20))
                #expect(json["sha256"]?.stringValue == CacheFixture.hexDigest(bytes))
                if json["cached"] == true { cached += 1 }
            }
            #expect(server.requests.count == 1)
            #expect(cached == 7)
            #expect(fixture.files().filter { $0.hasPrefix("parts/") }.isEmpty)
        }
    }

    @Test func `a process killed in the middle leaves no entry, and the next one fetches`() async throws {
        let fixture = try CacheFixture()
        let bytes = CacheFixture.pattern(2 << 20)
        let script: CacheServer.Script = { request in
            request.earlier == 0
                ? .cut(declared: bytes.count, [], Array(bytes[..<(1 << 20)]), isOpen: true) : .answer(200, [], bytes)
        }
        try await CacheServer.with(script) { server in
            let fetch = ["cache", "fetch", "\(server.url)/x.bin", "--allow-origin", server.url]
            let killed = try ferry(fetch, fixture)
            let deadline = ContinuousClock.now + .seconds(60)
            while fixture.files().allSatisfy({ Self.size("\(fixture.folder)/ferry/\($0)") < 1 << 20 }) {
                guard ContinuousClock.now < deadline else { break }
                try await Task.sleep(for: .milliseconds(10))
            }
            kill(killed.process, SIGKILL)
            _ = try await killed.result()
            #expect(fixture.files().allSatisfy { $0.hasPrefix("parts/") })
            #expect(fixture.files().count == 1)
            let next = try await ferry(fetch, fixture).result()
            #expect(next.status == 0, "\(next.errors)")
            #expect(try CacheFixture.bytes(String(next.output.dropLast())) == bytes)
        }
    }

    private static func size(_ path: String) -> Int64 { FileFacts(path: path)?.size ?? 0 }

    @Test(.enabled(if: geteuid() == 0, "mounting needs root"))
    func `a full disk is an error and leaves no entry`() async throws {
        let fixture = try CacheFixture()
        let bytes = CacheFixture.pattern(3 << 20)
        // Of unknown length, so that it is not refused beforehand, and of a known one.
        let script: CacheServer.Script = { request in
            request.path == "/known"
                ? .answer(200, [], bytes)
                : .answer(200, [("Transfer-Encoding", "chunked")], bytes)
        }
        try await CacheServer.with(script) { server in
            for name in ["known", "chunked"] {
                let command = """
                    mkdir -p "$HOME/small" && mount -t tmpfs -o size=2m tmpfs "$HOME/small" || exit 99
                    export FILE_CACHE_DIR="$HOME/small"
                    "$FERRY" cache fetch '\(server.url)/\(name)' --allow-origin '\(server.url)'
                    status=$?
                    find "$HOME/small" -type f ! -path '*/locks/*'
                    "$FERRY" cache fetch 'data:,small' > /dev/null || exit 98
                    exit $status
                    """
                let unshare = URL(fileURLWithPath: "/usr/bin/unshare")
                let result = try await Running(unshare, ["-m", "/bin/sh", "-c", command], fixture).result()
                if result.status == 99 || result.errors.contains("unshare failed") { return }
                #expect(result.status == 1, "\(name): \(result.errors)")
                #expect(result.output == "")
                #expect(result.errors.contains("No space left"))
            }
        }
    }

    @Test(.enabled(if: geteuid() == 0, "mounting needs root"))
    func `on a full disk the files unused for longest make room`() async throws {
        let fixture = try CacheFixture()
        let bytes = CacheFixture.pattern(1_200_000)
        let script: CacheServer.Script = { request in
            request.path == "/chunked"
                ? .answer(200, [("Transfer-Encoding", "chunked")], Array(bytes.reversed()))
                : .answer(200, [], request.path == "/old" ? bytes : Array(bytes.reversed()))
        }
        try await CacheServer.with(script) { server in
            for name in ["known", "chunked"] {
                let command = """
                    mkdir -p "$HOME/small" && mount -t tmpfs -o size=2m tmpfs "$HOME/small" || exit 99
                    export FILE_CACHE_DIR="$HOME/small"
                    "$FERRY" cache fetch '\(server.url)/old' --allow-origin '\(server.url)' > "$HOME/old" || exit 98
                    find "$HOME/small" -name data -exec touch -d '2 hours ago' {} +
                    "$FERRY" cache fetch '\(server.url)/\(name)' --allow-origin '\(server.url)' || exit 97
                    test ! -e "$(cat "$HOME/old")" || exit 96
                    """
                let unshare = URL(fileURLWithPath: "/usr/bin/unshare")
                let result = try await Running(unshare, ["-m", "/bin/sh", "-c", command], fixture).result()
                if result.status == 99 || result.errors.contains("unshare failed") { return }
                #expect(result.status == 0, "\(name): \(result.errors)")
            }
        }
    }

    @Test func `without a folder for the cache the commands say what to set`() async throws {
        let fixture = try CacheFixture()
        let shell = URL(fileURLWithPath: "/bin/sh")
        for command in ["list", "verify", "prune", "fetch data:,x"] {
            let line = "unset HOME FILE_CACHE_DIR; exec \"$FERRY\" cache \(command)"
            let result = try await Running(shell, ["-c", line], fixture).result()
            #expect(result.status == 1, "\(command)")
            #expect(result.errors.contains("set FILE_CACHE_DIR or HOME"), "\(result.errors)")
        }
    }

    @Test func `a limit on the size of files is an error and leaves no entry`() async throws {
        let fixture = try CacheFixture()
        let bytes = CacheFixture.pattern(3 << 20)
        try await CacheServer.with({ _ in .answer(200, [], bytes) }) { server in
            let command = """
                trap '' XFSZ; ulimit -f 1024; exec "$FERRY" cache fetch '\(server.url)/x' --allow-origin '\(server.url)'
                """
            let shell = URL(fileURLWithPath: "/bin/sh")
            let result = try await Running(shell, ["-c", command], fixture).result()
            #expect(result.status == 1, "\(result.errors)")
            #expect(fixture.files().isEmpty)
        }
    }

    @Test func `the commands list, verify and prune`() async throws {
        let fixture = try CacheFixture()
        let fetched = try await ferry(["cache", "fetch", "data:text/plain,hello", "--json"], fixture).result()
        #expect(fetched.status == 0, "\(fetched.errors)")
        let list = try await ferry(["cache", "list", "--json"], fixture).result()
        let entry = try JSONValue(parsing: Array(list.output.utf8).dropLast())
        #expect(entry["content_type"] == "text/plain")
        #expect(entry["size"] == 5)
        #expect(entry["source"] == "data:text/plain")
        let table = try await ferry(["cache", "list"], fixture).result()
        #expect(table.output.contains("file.txt"))
        let sound = try await ferry(["cache", "verify"], fixture).result()
        #expect(sound.output == "1 file sound, 5 B\n")
        let kept = try await ferry(["cache", "prune", "--older-than", "7d", "--max-size", "1GiB"], fixture).result()
        #expect(kept.output == "removed 0 files, 0 B\n")
        let copy = "\(fixture.folder)/copy.txt"
        let copied = try await ferry(["cache", "fetch", "data:text/plain,hello", "-o", copy], fixture).result()
        #expect(copied.output == copy + "\n")
        #expect(try CacheFixture.bytes(copy) == Array("hello".utf8))
        let path = try #require(entry["path"]?.stringValue)
        chmod(path, 0o644)
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try handle.write(contentsOf: Data("HELLO".utf8))
        try handle.close()
        let damaged = try await ferry(["cache", "verify"], fixture).result()
        #expect(damaged.status == 1)
        #expect(damaged.output.hasPrefix("damaged: \(CacheFixture.hexDigest(Array("hello".utf8)))"))
        _ = try await ferry(["cache", "fetch", "data:,1", "data:,2"], fixture).result()
        let pruned = try await ferry(["cache", "prune", "--all", "--json"], fixture).result()
        #expect(try JSONValue(parsing: Array(pruned.output.utf8).dropLast())["removed"] == 2)
        #expect(fixture.files().isEmpty)
    }

    @Test(
        arguments: [
            ("fetch ftp://x/y", 6), ("fetch http://127.0.0.1:1/x", 6), ("prune --max-size lots", 2),
            ("fetch data:;base64,!", 6),
        ] as [(String, Int32)])
    func `bad input to the commands is told`(arguments: String, status: Int32) async throws {
        let fixture = try CacheFixture()
        let result = try await ferry(
            ["cache"] + arguments.split(separator: " ").map(String.init), fixture
        ).result()
        #expect(result.status == status, "\(result.errors)")
        #expect(result.output == "")
        #expect(!result.errors.isEmpty)
    }
}
