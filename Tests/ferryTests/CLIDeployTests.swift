// SPDX-License-Identifier: Apache-2.0

import FerryClient
import FerryServerCore
import FerryWire
import Foundation
import Testing

@testable import ferry

/// Where `ferry app deploy` installs, and what.
@Suite struct CLIDeployTests {
    private static func withFolder(_ body: (String) async throws -> Void) async throws {
        let path = FileManager.default.temporaryDirectory.path + "/ferry-deploy-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await body(path)
    }

    @Test func `an app goes where the running server takes its apps from`() async throws {
        try await Self.withFolder { root in
            let data = DataDirectory(path: root + "/data")
            #expect(try AppsPlace.find(nil, data).appsDirectory == root + "/data/apps")
            #expect(try AppsPlace.find(nil, data).isServed == false)
            let lock = try #require(try FileLock.take(data.serverFile, .exclusive))
            for served in [root + "/mine", nil] {
                let file = ServerFile(
                    url: "http://127.0.0.1:1", pid: 1, hasOwnRootKey: false, appsDirectory: served)
                try file.write(to: lock)
                #expect(try ServerFile.running(data)?.appsDirectory == served)
                let place = try AppsPlace.find(nil, data)
                #expect(place.appsDirectory == served ?? root + "/data/apps")
                #expect(place.isServed)
                #expect(try AppsPlace.find(root + "/other", data).isServed == false)
                #expect(try AppsPlace.find(place.appsDirectory, data).isServed)
            }
            withExtendedLifetime(lock) {}
        }
    }

    @Test func `what is installed here is what goes over HTTP`() async throws {
        try await Self.withFolder { root in
            let app = root + "/app"
            let files = [
                "inf.yml": "namespace: a\nname: b\nkernel: python-3.11\n", "inference.py": "x = 1\n",
                ".env": "KEY=secret\n", "lib/.hidden/x": "x",
                "lib/a.py": "y = 2\n", "lib/a.pyc": "x", "venv/bin/python": "x",
            ]
            for (path, text) in files {
                let target = URL(fileURLWithPath: "\(app)/\(path)")
                try FileManager.default.createDirectory(
                    at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(text.utf8).write(to: target)
            }
            let installed = try await AppInstallation.local(app, appsDirectory: root + "/apps")
            let place = "\(root)/apps/.versions/a/b/\(installed.versionID)"
            let found = try FileManager.default.subpathsOfDirectory(atPath: place).sorted()
            #expect(found == ["inf.yml", "inference.py", "lib", "lib/a.py"])
        }
    }

    @Test func `a copy is made in pieces, up to a limit, and keeps its mode`() async throws {
        try await Self.withFolder { root in
            let bytes = (0..<700_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            try Data(bytes).write(to: URL(fileURLWithPath: root + "/a"))
            try await LocalFile.copy(root + "/a", to: root + "/b", mode: 0o700, upTo: 700_000)
            #expect(try Data(contentsOf: URL(fileURLWithPath: root + "/b")) == Data(bytes))
            let mode = try FileManager.default.attributesOfItem(atPath: root + "/b")[.posixPermissions]
            #expect(mode as? Int == 0o700)
            let long = await #expect(throws: CommandFailure.self) {
                try await LocalFile.copy(root + "/a", to: root + "/c", upTo: 699_999)
            }
            #expect(long?.kind == .limitExceeded)
            let there = await #expect(throws: CommandFailure.self) {
                try await LocalFile.copy(root + "/a", to: root + "/b", upTo: 700_000)
            }
            #expect(there?.kind == .alreadyExists)
        }
    }

    @Test(
        arguments: [
            (ServerError.Code.storageFull, Int32(1)), (.internalError, 1), (.validation, 6), (.conflict, 6),
            (.payloadTooLarge, 6),
        ] as [(ServerError.Code, Int32)])
    func `what the machine refuses is a failure, what the folder is refused for is not`(
        code: ServerError.Code, status: Int32
    ) {
        #expect(Outcome(AppInstallation.failure(ServerError(code, "x"))).status.rawValue == status)
    }

    @Test func `an app that cannot be run is refused, not to be tried again`() {
        let error = FerryError(
            .server, "503 the app a/b cannot be run on this server: no interpreter", status: 503,
            serverCode: "unavailable", isRetryable: true)
        let outcome = Outcome(AppReadiness.failure(error))
        #expect(outcome.status == .refused)
        #expect(outcome.message == "the app a/b cannot be run: no interpreter")
        let other = FerryError(.server, "503 x", status: 503, serverCode: "busy", isRetryable: true)
        #expect(Outcome(AppReadiness.failure(other)).status == .retryable)
    }
}
