// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import Testing

@testable import FerryClient

@Suite struct DeployTests {
    private func make(_ folder: String, _ files: [String: String]) throws {
        for (path, text) in files {
            let target = URL(fileURLWithPath: "\(folder)/\(path)")
            try FileManager.default.createDirectory(
                at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: target)
        }
    }

    private static let app = AppDTO(
        id: fileID, createdAt: Timestamp(seconds: 0), updatedAt: Timestamp(seconds: 0), namespace: "a", name: "b",
        description: "", category: "other", versionID: taskID, defaultFunction: "run", functions: [])

    @Test func `a folder's files are uploaded and named, and what is made anew stays behind`() async throws {
        try await withFolder { folder in
            try make(
                folder,
                [
                    "inf.yml": "name: b", "inference.py": "class App: pass", "lib/helper.py": "x = 1", "bin/run": "#!",
                    ".git/config": "secret", ".env": "secret", "__pycache__/a.pyc": "x", "lib/b.pyc": "x",
                    "venv/bin/python": "x",
                ])
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder + "/bin/run")
            try FileManager.default.createSymbolicLink(
                atPath: folder + "/copy.py", withDestinationPath: "lib/helper.py")
            try await withStub(script: { request, server in
                request.path == "/apps" ? .json(Self.app.json) : storing(request, server)
            }) { (ferry, server) async throws in
                let seen = Shared<Set<String>>([])
                let app = try await ferry.apps.deploy(folder: folder) { path, _ in
                    seen.change { _ = $0.insert(path) }
                }
                #expect(app.versionID == Self.app.versionID)
                let request = try DeployRequest(json: try #require(server.requests("POST", "/apps").first?.json))
                let paths = ["bin/run", "copy.py", "inf.yml", "inference.py", "lib/helper.py"]
                #expect(request.files.map(\.path) == paths)
                #expect(request.files.filter(\.isExecutable).map(\.path) == ["bin/run"])
                #expect(Set(request.files.map(\.uri)).count == paths.count)
                #expect(seen.value == Set(paths))
                #expect(server.requests.count { $0.method == "DELETE" } == paths.count)
            }
        }
    }

    @Test func `a folder that is no app is told before anything is sent`() async throws {
        try await withFolder { folder in
            try await withStub(script: { _, _ in .problem(500, "x", "x") }) { (ferry, server) async throws in
                let missing = await ferryError { try await ferry.apps.deploy(folder: folder + "/none") }
                #expect(missing?.code == .localFileNotFound)
                let bare = await ferryError { try await ferry.apps.deploy(folder: folder) }
                #expect(bare?.message.contains("inf.yml") == true)
                try make(folder, ["app/inf.yml": "name: b", "secret": "s"])
                try FileManager.default.createSymbolicLink(
                    atPath: folder + "/app/link", withDestinationPath: "../secret")
                let link = await ferryError { try await ferry.apps.deploy(folder: folder + "/app") }
                #expect(link?.message.contains("leads out") == true)
                #expect(server.requests.isEmpty)
            }
        }
    }

    @Test func `a refused app leaves no files behind`() async throws {
        try await withFolder { folder in
            try make(folder, ["inf.yml": "name: b"])
            try await withStub(script: { request, server in
                request.path == "/apps"
                    ? .problem(403, "forbidden", "start it with --allow-deploy") : storing(request, server)
            }) { (ferry, server) async throws in
                let error = await ferryError { try await ferry.apps.deploy(folder: folder) }
                #expect(error?.code == .forbidden)
                #expect(server.requests.count { $0.method == "DELETE" } == 1)
            }
        }
    }

    @Test func `the answer may take longer than other calls, and than others are silent`() async throws {
        try await withFolder { folder in
            try make(folder, ["inf.yml": "name: b"])
            try await withStub(
                change: { configuration in
                    configuration.timeouts.call = .milliseconds(400)
                    configuration.timeouts.idle = .milliseconds(400)
                    configuration.timeouts.deployment = .seconds(20)
                },
                script: { request, server in
                    guard request.path == "/apps" else { return storing(request, server) }
                    try? await Task.sleep(for: .milliseconds(1_500))
                    return .json(Self.app.json)
                }
            ) { (ferry, server) async throws in
                #expect(try await ferry.apps.deploy(folder: folder).versionID == Self.app.versionID)
                #expect(server.requests("POST", "/apps").count == 1)
            }
        }
    }

    @Test func `an answer that does not come in time ends the wait`() async throws {
        try await withFolder { folder in
            try make(folder, ["inf.yml": "name: b"])
            try await withStub(
                change: { $0.timeouts.deployment = .milliseconds(300) },
                script: { request, server in request.path == "/apps" ? .noAnswer : storing(request, server) }
            ) { (ferry, server) async throws in
                let error = await ferryError { try await ferry.apps.deploy(folder: folder) }
                #expect(error?.code == .timeout)
                #expect(server.requests("POST", "/apps").count == 1)
            }
        }
    }

    @Test func `more files than an app may have are refused before anything is sent`() async throws {
        try await withFolder { folder in
            try make(folder, ["inf.yml": "name: b"])
            for number in 0..<DeployedFolder.maximumFiles {
                #expect(FileManager.default.createFile(atPath: "\(folder)/\(number)", contents: nil))
            }
            let error = #expect(throws: FerryError.self) { try DeployedFolder(folder) }
            #expect(error?.code == .limitExceeded)
            try FileManager.default.removeItem(atPath: folder + "/0")
            #expect(try DeployedFolder(folder).files.count == DeployedFolder.maximumFiles)
        }
    }
}

/// Apps that a server makes ready while it is asked for them.
@Suite struct AppReadinessTests {
    private static let app = AppDTO(
        id: fileID, createdAt: Timestamp(seconds: 0), updatedAt: Timestamp(seconds: 0), namespace: "a", name: "b",
        description: "", category: "other", versionID: taskID, defaultFunction: "run",
        functions: [AppFunctionDTO(name: "run", inputSchema: ["type": "object"], outputSchema: [:])])

    @Test func `a server that is silent is asked again, and what it says is kept`() async throws {
        try await withStub(
            change: { configuration in
                configuration.timeouts.call = .milliseconds(150)
                configuration.retry.maximumAttempts = 2
            },
            script: { request, _ in request.earlier < 5 ? .noAnswer : .json(Self.app.json) }
        ) { (ferry, server) async throws in
            let app = try await ferry.apps.ready("a/b", within: .seconds(30))
            #expect(app?.versionID == Self.app.versionID)
            #expect(server.requests("GET", "/apps/a/b").count == 6)
            _ = try await ferry.tasks.plan(app: "a/b", input: ["image": "./a.png"])
            #expect(server.requests.count == 6)
        }
    }

    @Test func `the wait ends with its time, at a refusal, and where nobody listens`() async throws {
        try await withStub(
            change: { configuration in
                configuration.timeouts.call = .milliseconds(100)
                configuration.retry.maximumAttempts = 1
            },
            script: { request, _ in
                switch request.path {
                case "/apps/a/none": .problem(404, "not_found", "no such app")
                case "/apps/a/broken": .problem(503, "unavailable", "no interpreter")
                default: .noAnswer
                }
            }
        ) { (ferry, server) async throws in
            #expect(try await ferry.apps.ready("a/none", within: .seconds(30)) == nil)
            let broken = await ferryError { _ = try await ferry.apps.ready("a/broken", within: .seconds(30)) }
            #expect(broken?.serverCode == "unavailable")
            let silent = await ferryError { _ = try await ferry.apps.ready("a/b", within: .milliseconds(250)) }
            #expect(silent?.code == .timeout)
            #expect(server.requests("GET", "/apps/a/broken").count == 1)
        }
        let nobody = try Ferry(configuration: testConfiguration("http://127.0.0.1:1"))
        let unreached = await ferryError { _ = try await nobody.apps.ready("a/b", within: .seconds(30)) }
        #expect(unreached?.code == .connection)
        try await nobody.shutdown()
    }

    @Test func `the wait can be cancelled`() async throws {
        try await withStub(script: { _, _ in .noAnswer }) { (ferry, server) async throws in
            let waiting = Task { try await ferry.apps.ready("a/b", within: .seconds(600)) }
            #expect(try await eventually { !server.requests.isEmpty })
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
        }
    }
}
