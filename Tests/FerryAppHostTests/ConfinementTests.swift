// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import Foundation
import Testing

@testable import FerryAppHost

@Suite struct ConfinementTests {
    /// Runs a script that prints to its log, and gives the lines.
    private func lines(of script: String, limits: AppHostLimits = ScriptedHost.quick) async throws -> [String] {
        try await ScriptedHost.with("greet; { \(script)\n} >&2; reply result '\"output\":{}'", limits: limits) {
            host async throws in
            let events = Events()
            _ = try await host.run(events: events)
            return events.log.split(separator: "\n").map(String.init)
        }
    }

    @Test func `the server's environment does not reach an app`() async throws {
        let lines = try await lines(of: "env")
        let names = Set(lines.compactMap { $0.split(separator: "=").first.map(String.init) })
        let own: Set = ["PATH", "LANG", "HOME", "TMPDIR", "FILE_CACHE_DIR"]
        // Shells set these themselves.
        let byShells: Set = ["PWD", "OLDPWD", "SHLVL", "_"]
        #expect(names.isSuperset(of: own))
        #expect(names.subtracting(own).subtracting(byShells) == [])
        #expect(Set(ProcessInfo.processInfo.environment.keys).subtracting(own).subtracting(byShells) != [])
        #expect(lines.contains("PATH=/usr/bin:/bin"))
    }

    @Test func `an app works in its folder, which only the server's user may enter`() async throws {
        let lines = try await lines(
            of: """
                pwd -P; echo "$HOME"; echo "$TMPDIR"; echo "$FILE_CACHE_DIR"; ls; cd ..
                ls -ld . * app/* tasks/*/* | cut -c1-10 | sort -u; ls; ls app tasks/*
                """)
        try #require(lines.count == 18, "\(lines)")
        let folder = lines[0].dropLast("/work".count)
        #expect(Array(lines[1...3]) == [folder + "/home", folder + "/tmp", folder + "/app/cache"])
        #expect(Array(lines[4...9]) == ["drwx------", "app", "home", "tasks", "tmp", "work"])
        #expect(lines.suffix(3) == ["in", "out", "tmp"])
    }

    @Test func `limits hold before an app's first line`() async throws {
        var limits = ScriptedHost.quick
        limits.openFiles = 60
        limits.fileSize = 512 * 100
        let lines = try await lines(of: "ulimit -c; ulimit -n; ulimit -H -n; ulimit -f", limits: limits)
        #expect(lines.prefix(3) == ["0", "60", "60"])
        #expect(lines.last == "100" || lines.last == "50", "in blocks of 512 or 1,024 bytes")
    }

    @Test func `a file beyond the limit ends the writer`() async throws {
        var limits = ScriptedHost.quick
        limits.fileSize = 512 * 100
        try await ScriptedHost.with("greet; exec head -c 200000 /dev/zero > big", limits: limits) {
            host async throws in
            let failure = try #require(try await host.failure())
            #expect(failure.message.contains("signal 25") || failure.message.contains("exit code"))
        }
    }

    #if os(Linux)
    @Test func `descriptors of the server do not reach an app`() async throws {
        let path = NSTemporaryDirectory() + "/ferry-secret-" + Identifier.random()
        let secret = open(path, O_RDWR | O_CREAT, 0o600)
        try #require(secret >= 0)
        defer {
            close(secret)
            unlink(path)
        }
        let lines = try await lines(of: "ls -l /proc/$$/fd")
        #expect(lines.contains { $0.contains("pipe:") })
        #expect(!lines.contains { $0.contains("ferry-secret") })
    }

    @Test func `an app cannot gain privileges`() async throws {
        let confinement = await Confinement.detect(limits: AppHostLimits())
        let lines = try await lines(of: "grep NoNewPrivs /proc/self/status")
        #expect(lines == ["NoNewPrivs:\t\(confinement.privilegeDropper != nil ? 1 : 0)"])
    }

    @Test func `a process leads a session and a group of its own`() async throws {
        let lines = try await lines(of: "echo $$; cut -d ' ' -f 5,6 /proc/$$/stat")
        try #require(lines.count == 2)
        #expect(lines[1] == "\(lines[0]) \(lines[0])")
    }
    #endif
}
