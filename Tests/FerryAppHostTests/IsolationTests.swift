// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import Foundation
import NIOCore
import NIOPosix
import Testing

@testable import FerryAppHost

#if os(Linux)
/// Whether bubblewrap can do its work here.
private let hasBubblewrap: Bool = {
    let trial = Process()
    trial.executableURL = URL(fileURLWithPath: "/usr/bin/bwrap")
    trial.arguments = ["--ro-bind", "/", "/", "--unshare-pid", "--proc", "/proc", "--", "/bin/true"]
    trial.standardError = FileHandle.nullDevice
    guard (try? trial.run()) != nil else { return false }
    trial.waitUntilExit()
    return trial.terminationStatus == 0
}()
private let isRoot = geteuid() == 0

/// A way that apps are kept apart from the server.
struct Walls: Sendable, CustomTestStringConvertible {
    var isolation: IsolationMode
    var user: String?
    var testDescription: String { "\(isolation == .automatic ? "bubblewrap" : "no bubblewrap"), \(user ?? "own user")" }

    /// Those that can be built here.
    static var all: [Walls] {
        var all: [Walls] = []
        if hasBubblewrap { all.append(Walls(isolation: .automatic)) }
        if isRoot { all.append(Walls(isolation: .none, user: "nobody")) }
        if isRoot, hasBubblewrap { all.append(Walls(isolation: .automatic, user: "nobody")) }
        return all
    }
}

@Suite(.enabled(if: !Walls.all.isEmpty, "needs bubblewrap that works, or root"))
struct IsolationTests {
    /// A folder as a server's, which only its user may enter, and which no temporary folder hides.
    private func withDataFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
        let folder = "/var/tmp/ferry-walls-" + Identifier.random()
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for name in ["root.key", "ferry.sqlite"] {
            let isMade = FileManager.default.createFile(
                atPath: folder + "/" + name, contents: Data("top secret".utf8), attributes: [.posixPermissions: 0o600])
            #expect(isMade)
        }
        return try await body(folder)
    }

    @Test(arguments: Walls.all)
    func `a hostile app gets nothing of the server's or of another task's`(walls: Walls) async throws {
        setenv("FERRY_WALLS_TEST", "secret-of-the-environment", 1)
        let server = getpid()
        // Only a file system of its own hides what others put into `/tmp`, and folders whose name is known; nobody tells
        // a name, and none can be found out.
        let isPrivate = walls.isolation == .automatic
        try await withDataFolder { data async throws in
            let script = """
                greet
                case $task in victim) outdir; echo victim-secret > "$out/mine"; \(isPrivate ? "echo victim-secret > /tmp/victim-file" : "")
                    echo "$out" >&2; reply result "\\"output\\":{}"; again;; esac
                {
                    cat \(data)/root.key \(data)/ferry.sqlite \(data)/*
                    ls -la \(data) ; cat /proc/\(server)/environ; cat /proc/*/environ | tr '\\0' '\\n'
                    cat /proc/*/cwd/../tasks/*/out/mine; ls -la /var/tmp/ferry-*/
                    cat /proc/\(server)/root\(data)/root.key; cat /proc/1/root\(data)/root.key
                    cat /tmp/victim-file; cat VICTIM/mine; ls VICTIM; cat ../../*/tasks/*/out/mine ../../*/tmp/*
                    find / -name root.key -exec cat {} + ; env
                    kill -9 \(server) ; kill -9 -1
                } > found 2>/dev/null
                reply result "\\"output\\":{\\"secrets\\":$(grep -c -e 'top secret' -e victim-secret -e secret-of-the found)}"
                again
                """
            try await ScriptedHost.with(script, isolation: walls.isolation, appUser: walls.user) { host async throws in
                let victim = try await host.runner.lease(for: try await host.job("victim")) { _ in }
                _ = try await victim.run(input: [:]) { _ in }
                let path = try #require((victim.workspace as? DiskWorkspace)?.outputPath)
                #expect(try await victim.workspace.open(output: path + "/mine") != nil)
                // The hostile app learns where the other task's files are.
                let program = host.folder + "/program"
                let text = try String(contentsOfFile: program, encoding: .utf8).replacing(
                    "VICTIM", with: isPrivate ? path : "/none")
                try Data(text.utf8).write(to: URL(fileURLWithPath: program))
                let output = try await host.run("hostile") { $0.teamID = "attacker" }
                #expect(output["secrets"] == 0)
                #expect(try await victim.workspace.open(output: path + "/mine") != nil)
                await victim.release()
            }
        }
    }

    @Test(arguments: Walls.all)
    func `an app works in its walls: input, output, and places that published apps write to`(walls: Walls) async throws
    {
        let script = """
            greet; outdir
            input=${run#*\\\\\\"path\\\\\\":\\\\\\"}; input=${input%%\\\\\\"*}
            cat "$input" > "$out/copy"; echo work > here; echo temporary > "$TMPDIR/t"
            echo slash > /tmp/\("slash"); (echo data > /app/data/d) 2>/dev/null
            echo data > ../app/data/e
            id -u >&2; grep NoNewPrivs /proc/self/status >&2; grep CapEff /proc/self/status >&2
            [ -w /usr ] && echo writable >&2
            reply result '"output":{}'; again
            """
        let name = "slash-" + Identifier.random()
        let text = script.replacing("/tmp/slash", with: "/tmp/" + name).replacing("\\\\\\", with: "\\")
        try await ScriptedHost.with(text, isolation: walls.isolation, appUser: walls.user) { host async throws in
            try await host.withLease { lease async throws in
                let events = Events()
                let placed = try await lease.workspace.place(MemoryReader(Array("the input".utf8)), filename: "a.txt")
                _ = try await lease.run(input: ["file": ["path": .string(placed)]]) { events.append($0) }
                let folder = try #require(lease.workspace as? DiskWorkspace)
                var expected = [
                    folder.outputPath + "/copy": "the input", "here": "work\n",
                    folder.worker.temporaryPath + "/t": "temporary\n", "/tmp/" + name: "slash\n",
                    folder.worker.appPath + "/data/e": "data\n",
                ]
                if walls.isolation == .automatic { expected["/app/data/e"] = "data\n" }
                for (path, text) in expected {
                    let reader = try #require(try await folder.open(output: path), "\(path)")
                    #expect(String(buffer: try await reader.read(at: 0, maximumLength: 100)) == text)
                    await reader.close()
                }
                let lines = events.log.split(separator: "\n").map(String.init)
                #expect(lines.first == (walls.user == nil ? "\(geteuid())" : "65534"))
                #expect(lines.contains("NoNewPrivs:\t1"))
                #expect(walls.isolation == .none && walls.user == nil || lines.contains("CapEff:\t0000000000000000"))
                #expect(!lines.contains("writable"))
                if walls.isolation == .automatic {
                    #expect(!FileManager.default.fileExists(atPath: "/tmp/" + name))
                }
            }
            unlink("/tmp/" + name)
        }
    }

    @Test(arguments: Walls.all)
    func `a worker in walls stays warm, its places are tidied, and it ends with all it started`(walls: Walls)
        async throws
    {
        let script = """
            greet
            while :; do
                ls /tmp >&2; echo x > /tmp/left-by-$task; echo x > left
                (setsid sleep 1000 &) ; reply result "\\"output\\":{\\"left\\":\\"$(ls /tmp | grep -c left-by)\\"}"
                again
            done
            """
        try await ScriptedHost.with(script, isolation: walls.isolation, appUser: walls.user) { host async throws in
            let first = Events()
            let second = Events()
            _ = try await host.run("first", events: first)
            let output = try await host.run("second", events: second)
            if walls.isolation == .automatic {
                #expect(!second.log.contains("left-by"))
                #expect(output["left"] == "1")
            }
            #expect(host.runner.isIsolated == (walls.isolation == .automatic))
            await host.runner.shutdown()
            #expect(try await host.runner.removeLeftovers() == 0)
            for name in ["first", "second"] { unlink("/tmp/left-by-" + name) }
        }
    }

    @Test(.enabled(if: isRoot && hasBubblewrap, "needs root and bubblewrap"), arguments: ["/opt", "/usr/local/lib"])
    func `a data folder that lies in a folder that all see is hidden`(parent: String) async throws {
        let script = """
            greet
            { cat "$home/root.key"; ls "$home" "$home/work"; echo x > "$home/new"; } > found 2>/dev/null
            cat /etc/ssl/certs/ca-certificates.crt > certificates
            reply result "\\"output\\":{\\"secrets\\":$(grep -c secret found),\\"others\\":$(grep -c other found),\\
            \\"key\\":$(ls /etc/ssl/private 2>/dev/null | wc -l),\\"certificates\\":$(wc -l < certificates)}"
            """
        for user in [nil, "nobody"] {
            try await ScriptedHost.with(
                script, isolation: .automatic, appUser: user, parent: parent, isHidden: true
            ) { host async throws in
                #expect(
                    FileManager.default.createFile(
                        atPath: "\(host.folder)/root.key", contents: Data("secret".utf8)))
                try FileManager.default.createDirectory(
                    atPath: host.folder + "/work" + "/other-worker", withIntermediateDirectories: true)
                let output = try await host.run()
                #expect(output["secrets"] == 0)
                #expect(output["others"] == 0)
                #expect(output["key"] == 0)
                #expect(try #require(output["certificates"]?.integerValue) > 100)
                #expect(!FileManager.default.fileExists(atPath: host.folder + "/new"))
            }
        }
    }

    @Test(.enabled(if: isRoot, "needs root"))
    func `the work folder of another user's apps is root's and no link`() async throws {
        let user = try AppUser.named("nobody")
        let root = WorkFolders.root("/some/" + Identifier.random(), for: user)
        #expect(root.hasPrefix("/var/lib/ferry/work/"))
        let folders = WorkFolders(root: root, threadPool: .singleton, user: user)
        let folder = try await folders.make(label: "x")
        await folder.remove()
        var facts = stat()
        for path in ["/var/lib/ferry/work", root] {
            #expect(lstat(path, &facts) == 0 && facts.st_uid == 0 && facts.st_mode & 0o022 == 0, "\(path)")
            #expect(facts.st_mode & 0o001 != 0, "the user may pass through \(path)")
        }
        rmdir(root)
        let elsewhere = NSTemporaryDirectory() + "/ferry-elsewhere-" + Identifier.random()
        try FileManager.default.createDirectory(atPath: elsewhere, withIntermediateDirectories: true)
        defer { rmdir(elsewhere) }
        try FileManager.default.createSymbolicLink(atPath: root, withDestinationPath: elsewhere)
        defer { unlink(root) }
        await #expect(throws: ServerError.self) { try await folders.make(label: "x") }
    }

    @Test(.enabled(if: isRoot, "needs root"))
    func `a file of another user's is no output of an app with a user of its own`() async throws {
        try await ScriptedHost.with("greet; echo mine > mine; reply result '\"output\":{}'", appUser: "nobody") {
            host async throws in
            try await host.withLease { lease async throws in
                _ = try await lease.run(input: [:]) { _ in }
                let folder = try #require(lease.workspace as? DiskWorkspace)
                let foreign = folder.worker.workPath + "/foreign"
                #expect(FileManager.default.createFile(atPath: foreign, contents: Data("root's".utf8)))
                #expect(try await folder.open(output: "mine") != nil)
                #expect(try await folder.open(output: "foreign") == nil)
            }
        }
    }

    @Test(.enabled(if: isRoot, "needs root"))
    func `an unknown user and the superuser are refused`() async throws {
        for name in ["no-such-user", "root", ""] {
            await #expect(throws: ServerError.self) {
                try await ScriptedHost.with("greet", appUser: name) { _ in }
            }
        }
    }

    @Test(arguments: Walls.all)
    func `a signal that ends an app in its walls is told as one`(walls: Walls) async throws {
        try await ScriptedHost.with("greet; kill -9 $$", isolation: walls.isolation, appUser: walls.user) {
            host async throws in
            let failure = try await host.failure()
            #expect(failure?.message.hasPrefix("the app ended with signal 9 before it returned a result") == true)
        }
    }
}

@Suite struct SharedPlacesTests {
    @Test func `from a shared folder only what the app made during the task is taken`() async throws {
        let old = "/tmp/ferry-old-" + Identifier.random()
        let linked = "/tmp/ferry-linked-" + Identifier.random()
        for path in [old, linked] { #expect(FileManager.default.createFile(atPath: path, contents: Data("old".utf8))) }
        defer { for path in [old, linked] { unlink(path) } }
        try await Task.sleep(for: .milliseconds(50))
        let new = "/tmp/ferry-new-" + Identifier.random()
        let script = """
            greet; mkdir \(new); echo new > \(new)/file; ln -s file \(new)/link; ln -s / \(new)/top
            ln \(linked) \(new)/hard; touch -r \(old) \(new)/file
            reply result '"output":{}'
            """
        try await ScriptedHost.with(script) { host async throws in
            try await host.withLease { lease async throws in
                _ = try await lease.run(input: [:]) { _ in }
                #expect(try await lease.workspace.open(output: new + "/file") != nil)
                for path in [old, linked, new + "/link", new + "/hard", new + "/top/etc/hostname", new] {
                    #expect(try await lease.workspace.open(output: path) == nil, "\(path)")
                }
                for path in ["/etc/hostname", "/app/code/x", "/app/data", "/tmp", "/tmp/../etc/hostname", "/tmpx/a"] {
                    let failure = await #expect(throws: AppFailure.self) {
                        try await lease.workspace.open(output: path)
                    }
                    #expect(failure?.message.contains("/tmp or /app/{data,tmp,cache}") == true)
                }
            }
        }
        try FileManager.default.removeItem(atPath: new)
    }

    @Test func `a relative path starts at the working folder, and another task's folders are out of reach`()
        async throws
    {
        let script = """
            greet; echo here > result.txt; outdir; mkdir -p "$out/../../other/out"; echo x > "$out/../../other/out/x"
            echo t > "$out/../tmp/t"; echo h > ../home/h
            reply result '"output":{}'
            """
        try await ScriptedHost.with(script) { host async throws in
            try await host.withLease { lease async throws in
                _ = try await lease.run(input: [:]) { _ in }
                let folder = try #require(lease.workspace as? DiskWorkspace)
                for path in [
                    "result.txt", "./result.txt", folder.worker.workPath + "/result.txt", folder.path + "/tmp/t",
                ] {
                    #expect(try await folder.open(output: path) != nil, "\(path)")
                }
                for path in [folder.worker.path + "/tasks/other/out/x", folder.worker.homePath + "/h", folder.path] {
                    await #expect(throws: AppFailure.self, "\(path)") { try await folder.open(output: path) }
                }
            }
        }
    }
}
#endif

@Suite struct LauncherTests {
    @Test func `an app's environment cannot change what runs before it`() async throws {
        try await ScriptedHost.with("greet") { host async throws in
            try await host.withLease { lease async throws in
                let folder = try #require((lease.workspace as? DiskWorkspace)?.worker)
                let plan = LaunchPlan(
                    program: "/x", arguments: [], appReference: "a/b", codeFolder: "/code",
                    environment: [
                        "LD_PRELOAD": "/evil.so", "BASH_ENV": "x", "ENV": "x", "HOME": "/", "COLOR": "red", "A=B": "c",
                        "FERRY_APP_DIR": "/", "": "x", "LANG": "de_DE.UTF-8",
                    ], readable: [], memory: nil, concurrency: 1)
                let environment = AppLauncher.environment(of: plan, in: folder, searchPath: "/usr/bin")
                #expect(
                    environment == [
                        "PATH": "/usr/bin", "LANG": "de_DE.UTF-8", "HOME": folder.homePath,
                        "TMPDIR": folder.temporaryPath, "FILE_CACHE_DIR": folder.cachePath, "FERRY_APP_DIR": "/code",
                        "COLOR": "red",
                    ])
            }
        }
    }
}
