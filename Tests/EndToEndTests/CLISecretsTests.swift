// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// `FERRY_SECRET_*` variables of a command and the embedded server.
@Suite(.serialized) struct CLISecretsTests {
    private static func secret(_ value: String) -> [String: String] {
        ["FERRY_SECRET_OPENAI_BASE_URL": "http://127.0.0.1:1/\(value)"]
    }

    @Test func `the embedded server is started anew for other secrets, and keeps what it holds`() async throws {
        try await CLICommand.with { ferry in
            _ = try ferry.folder.file("a.txt", bytes: Array("kept".utf8))
            let uri = try await ferry("upload", "a.txt", "-q").line()
            let first = try #require(ferry.serverProcess)
            // As it was asked for before there was a secret: nothing listens at that address.
            let unset = try await ferry("agent", "send", "chat-completions", "hi")
            #expect(unset.status == 1 && unset.errors.contains("no model server is set up"))
            let set = try await ferry("agent", "send", "chat-completions", "hi", environment: Self.secret("v1"))
            #expect(set.status == 1 && set.errors.contains("cannot be reached"), "\(set.errors)")
            let second = try #require(ferry.serverProcess)
            #expect(second != first)
            #expect(!set.errors.contains("127.0.0.1:1/v1"))
            // The same secrets, and none, change nothing.
            _ = try await ferry("file", "list", environment: Self.secret("v1"))
            #expect(try await ferry("download", uri, "-o", "-").text == "kept")
            #expect(ferry.serverProcess == second)
            _ = try await ferry("file", "list", environment: Self.secret("v2"))
            #expect(ferry.serverProcess != second)
        }
    }

    @Test func `a server that another command uses keeps its secrets, and that is told`() async throws {
        try await CLICommand.with { ferry in
            let pipe = Pipe()
            let upload = try ferry.started(["upload", "-"], input: .pipe(pipe))
            let deadline = ContinuousClock.now + .seconds(20)
            while ferry.serverProcess == nil, ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(50))
            }
            let process = try #require(ferry.serverProcess)
            let listed = try await ferry("file", "list", environment: Self.secret("v1"))
            #expect(listed.status == 0)
            #expect(listed.errors.contains("is in use by another command"))
            #expect(ferry.serverProcess == process)
            try pipe.fileHandleForWriting.write(contentsOf: Data("x".utf8))
            try pipe.fileHandleForWriting.close()
            #expect(try await upload.result().status == 0)
        }
    }

    @Test func `the data folder tells nothing of a secret's value`() async throws {
        try await CLICommand.with { ferry in
            _ = try await ferry("file", "list", environment: Self.secret("top-secret-value"))
            let written = try String(contentsOfFile: ferry.dataDirectory + "/server.json", encoding: .utf8)
            #expect(!written.contains("top-secret-value") && written.contains("\"secrets\""))
        }
    }
}
