// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

@testable import FerryClient

/// The rules of the official Python client, opted in to.
@Suite struct ReferencePolicyTests {
    private func plan(_ input: InputValue, _ policy: UploadPolicy = .reference) throws -> UploadPlan {
        let lookup = FakeLookup(
            files: ["hello": "/current/hello", "/data/a.png": "/data/a.png", "/etc/passwd": "/etc/passwd"],
            folders: [".", "docs", "/data"])
        let planner = UploadPlanner(policy: policy, lookup: lookup, maximumInlineSize: 1 << 20)
        return try planner.plan(input, schema: nil)
    }

    @Test(arguments: [
        ("hello", "reference_path"), ("/data/a.png", "reference_path"), ("data:,x", "reference_data_uri"),
        ("data:text/plain,Hi", "reference_data_uri"), ("data:image/png;base64,iVBORw0KGgo=", "reference_data_uri"),
        ("internationalize", "reference_base64"), ("d41d8cd98f00b204e9800998ecf8427e", "reference_base64"),
        (String(repeating: "0a", count: 32), "reference_base64"),
    ])
    func `what the official client would send is sent, with a warning`(text: String, rule: String) throws {
        let entry = try #require(try plan(.string(text)).entries.first)
        #expect(entry.verdict == .upload)
        #expect("\(entry.rule)" == rule)
        #expect(entry.warning?.isEmpty == false)
    }

    @Test(arguments: [
        "hi", "a cat", ".", "docs", "/data", "https://example.com/a", "inf://files/x", "internationalisations", "QUJD",
        "missing.png", "",
    ])
    func `what it would not send, or would crash on, stays text`(text: String) throws {
        let entry = try #require(try plan(.string(text)).entries.first)
        #expect(entry.verdict == .keep)
        #expect(entry.warning == nil)
    }

    @Test func `the guard holds under it`() throws {
        let denied = try plan("/etc/passwd")
        #expect(denied.entries.map(\.rule) == [.deniedPath])
        #expect(denied.entries.map(\.verdict) == [.keep])
        let outside = try plan("hello", UploadPolicy.reference.beneath(["/data"]))
        #expect(outside.entries.map(\.rule) == [.outsideRoots])
        let untrusted = try plan(.untrusted(["hello", "data:,x", "internationalize"]))
        #expect(untrusted.entries.allSatisfy { $0.verdict == .keep })
    }

    @Test func `what begins with data: and is none is an error there`() throws {
        let entry = try #require(try plan("data: is it plural?").entries.first)
        #expect(entry.verdict == .refuse)
        #expect(entry.failure == .invalidDataURI)
    }

    @Test func `no schema is asked for, and each guess is logged once`() async throws {
        let log = Shared<[String]>([])
        try await withStub(
            change: { $0.logger = recordingLogger(log) },
            script: { request, server in
                request.path == "/apps/run" ? .json(started) : storing(request, server)
            }
        ) { (ferry, server) async throws in
            try await ferry.tasks.run(
                app: "a/b", input: ["x": "internationalize", "y": "a cat"],
                options: RunOptions(uploads: .reference, wait: false))
            #expect(!server.requests.contains { $0.method == "GET" })
            #expect(server.requests("POST", "/files").count == 1)
            let input = server.requests("POST", "/apps/run").first?.json?["input"]
            #expect(input?["x"]?.stringValue?.hasPrefix("inf://") == true)
            #expect(input?["y"] == "a cat")
        }
        let warnings = log.value.filter { $0.hasPrefix("warning") }
        #expect(warnings.count == 1)
        #expect(!warnings.joined().contains("internationalize"))
    }
}
