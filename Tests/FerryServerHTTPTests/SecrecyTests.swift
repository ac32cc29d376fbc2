// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryTesting
import FerryWire
import Logging
import Synchronization
import Testing

@testable import FerryServerHTTP

@Suite(.timeLimit(.minutes(2)))
struct SecrecyTests {
    /// Keeps everything that is logged at any level.
    private struct Recorder: LogHandler {
        final class Lines: Sendable {
            private let text = Mutex("")
            var all: String { text.withLock { $0 } }
            func append(_ line: String) { text.withLock { $0 += line + "\n" } }
        }

        let lines: Lines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            lines.append(
                "\(event.level) \(event.message) \(metadata) \(event.metadata ?? [:]) \(event.error.map { "\($0)" } ?? "")"
            )
        }
    }

    @Test func `no key, signature or payload is in any log or refusal`() async throws {
        let lines = Recorder.Lines()
        let logger = Logger(label: "recorded") { _ in Recorder(lines: lines) }
        try await withTestServer(logger: logger) { server in
            var answers = ""
            let record = try await server.upload("payload-of-the-file")
            let target = try server.target(record.url)
            let pending = try await server.makeRecord()
            let upload = try server.target(pending.uploadURL)
            for (method, path, key, body) in [
                ("GET", target + "0", nil, nil), ("PUT", upload + "0", nil, "payload"),
                ("GET", "/files", "inf_wrong-key", nil),
                ("PUT", upload, nil, ""), ("PUT", upload, nil, "payload-again"),
                ("POST", "/files", TestServer.rootKey, "{bad"),
                ("GET", "/files?api_key=inf_in-the-query", nil, nil),
                (
                    "POST", "/apps/run", TestServer.rootKey,
                    "{\"app\":\"test/echo\",\"input\":{\"file\":\"data:;base64,cGF5bG9hZA*\"}}"
                ),
            ] as [(String, String, String?, String?)] {
                let response = try await server.ask(method, path, key: key, body: body)
                if response.status >= 400 { answers += response.text }
            }
            for key in try await server.blobs.keys(after: nil, limit: 10) { try await server.blobs.remove(key) }
            let lost = try await server.ask("GET", target, key: nil)
            #expect(lost.status == 500)
            answers += lost.text
            #expect(lines.all.contains("missing from the store"))
            let signatures = [target, upload].map { String($0.split(separator: "sig=").last ?? "?") }
            for secret in signatures + [
                TestServer.rootKey, "inf_wrong-key", "inf_in-the-query", "cGF5bG9hZA", "payload-of",
            ] {
                #expect(!lines.all.contains(secret), "\(secret) is in the log")
                #expect(!answers.contains(secret), "\(secret) is in a refusal")
            }
        }
    }
}
