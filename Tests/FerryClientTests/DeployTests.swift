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
}
