// SPDX-License-Identifier: Apache-2.0

import FerryFetch
import FerryWire
import NIOHTTP1
import Testing

@testable import FerryClient

@Suite(.timeLimit(.minutes(1)))
struct FetchedUploadTests {
    /// Runs the body with somebody else's server and a policy that lets it be asked.
    private func withStranger(
        _ script: @escaping StubServer.Script, _ body: (StubServer, FetchPolicy) async throws -> Void
    ) async throws {
        let stranger = try await StubServer.start(script)
        var policy = FetchPolicy()
        policy.ports = [stranger.port]
        policy.allowedNetworks = [try #require(IPNetwork("127.0.0.1"))]
        do {
            try await body(stranger, policy)
            try await stranger.stop()
        } catch {
            try await stranger.stop()
            throw error
        }
    }

    @Test func `what lies at an address goes up as it comes, with its name and type`() async throws {
        let bytes = noise(300_000)
        let chunks = stride(from: 0, to: bytes.count, by: 50_000).map { Array(bytes[$0..<($0 + 50_000)]) }
        let script: StubServer.Script = { _, _ in .chunks(chunks, headers: ["Content-Type": "image/x-own"]) }
        try await withStranger(script) { (stranger, policy) async throws in
            let url = "\(stranger.url)/folder/my%20picture.own?signature=secret"
            let plain = try await seen { try await $0.files.upload(fetching: url, policy: policy) }
            #expect(plain.bytes == bytes)
            #expect(plain.filename == "my picture.own")
            #expect(plain.contentType == "image/x-own")
            let options = UploadFileOptions(filename: "other.bin", contentType: "application/x-other")
            let named = try await seen {
                try await $0.files.upload(fetching: url, policy: policy, options: options)
            }
            #expect(named.bytes == bytes)
            #expect(named.filename == "other.bin")
            #expect(named.contentType == "application/x-other")
            #expect(stranger.requests.count == 2)
            for request in stranger.requests {
                #expect(request.headers["authorization"].isEmpty)
                #expect(!request.headers.contains { $0.value.contains("inf_test_secret") })
            }
        }
    }

    @Test func `an address that leads home is refused before anybody is asked`() async throws {
        try await withStranger({ _, _ in .json("x") }) { (stranger, policy) async throws in
            for url in [
                "\(stranger.url)/?key=secret", "http://localhost/", "file:///etc/passwd", "//example.com/",
                "http://user-secret@example.com/", "http://example.com:22/",
            ] {
                let error = try await refused { try await $0.files.upload(fetching: url) }
                #expect(error.code == .invalidInput, "\(url)")
                #expect(!"\(error)".contains("secret"))
            }
            // The list of ports alone, or the list of networks alone, is not enough.
            var ports = FetchPolicy()
            ports.ports = policy.ports
            var networks = FetchPolicy()
            networks.allowedNetworks = policy.allowedNetworks
            for half in [ports, networks] {
                let error = try await refused { try await $0.files.upload(fetching: stranger.url, policy: half) }
                #expect(error.code == .invalidInput)
            }
            #expect(stranger.connections == 0)
        }
    }

    @Test(arguments: [(404, FerryError.Code.notFound), (410, .notFound), (403, .connection), (503, .connection)])
    func `a status without a file uploads nothing`(status: Int, code: FerryError.Code) async throws {
        try await withStranger({ _, _ in .respond(status: status) }) { (stranger, policy) async throws in
            let error = try await refused {
                try await $0.files.upload(fetching: stranger.url + "/?secret", policy: policy)
            }
            #expect(error.code == code)
            #expect(error.message.contains("\(status)"))
            #expect(!error.message.contains("secret"))
            #expect(error.isRetryable == (status >= 500))
        }
    }

    @Test func `a download that breaks off, or is too large, leaves nothing`() async throws {
        let short: StubServer.Script = { _, _ in .truncated(declared: 200_000, body: noise(100_000)) }
        let long: StubServer.Script = { _, _ in .chunks([noise(60_000), noise(60_000)]) }
        for (script, code) in [(short, FerryError.Code.connection), (long, .tooLarge)] {
            try await withStranger(script) { (stranger, policy) async throws in
                var policy = policy
                if code == .tooLarge { policy.limits.maximumSize = 100_000 }
                let strict = policy
                try await withStub(script: storing) { (ferry, server) async throws in
                    let error = await ferryError {
                        _ = try await ferry.files.upload(fetching: stranger.url, policy: strict)
                    }
                    #expect(error?.code == code)
                    let made = server.requests("POST", "/files").count
                    let deleted = server.requests.count { $0.method == "DELETE" }
                    #expect(made == deleted)
                    #expect(server.requests.allSatisfy { $0.method != "PUT" || $0.bodySize < 200_000 })
                }
            }
        }
    }
}
