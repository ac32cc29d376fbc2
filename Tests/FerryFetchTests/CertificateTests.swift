// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

@testable import FerryFetch

@Suite(.timeLimit(.minutes(1)))
struct CertificateTests {
    @Test func `row 90: a certificate that nobody vouches for, or of another name, is refused before anything is sent`()
        async throws
    {
        let certificate = try TestCertificate(name: "right.example")
        try await CountingServer.with(certificate: certificate) { server async throws in
            func fetcher(_ authorities: [String]) -> GuardedFetcher {
                var policy = FetchPolicy.allowing(["127.0.0.0/8"], ports: [server.port])
                policy.extraAuthorities = authorities
                return GuardedFetcher(policy: policy, resolver: ScriptedResolver(["127.0.0.1"]))
            }
            for (host, authorities) in [
                ("right.example", []), ("wrong.example", [certificate.path]), ("127.0.0.1", [certificate.path]),
                ("127.0.0.1", []),
            ] {
                let url = "https://\(host):\(server.port)/"
                let before = server.count
                #expect(await fetchCode { _ = try await fetcher(authorities).get(url) } == .tls, "\(host)")
                let posted = await fetchCode {
                    _ = try await fetcher(authorities).post(url, headers: [], body: Array("secret".utf8))
                }
                #expect(posted == .tls, "\(host)")
                #expect(server.count == before + 2, "\(host)")
            }
            #expect(server.requests.isEmpty)
            // The listener does speak TLS: who trusts it gets an answer.
            let answer = try await fetcher([certificate.path]).get("https://right.example:\(server.port)/")
            #expect(try await content(answer) == "hello")
            #expect(server.requests.count == 1)
        }
    }

    @Test func `what speaks no TLS gets nothing`() async throws {
        try await CountingServer.with { server async throws in
            var policy = FetchPolicy.allowing(["127.0.0.0/8"], ports: [server.port])
            policy.limits.connectTime = .seconds(1)
            let strict = GuardedFetcher(policy: policy)
            let code = await fetchCode { _ = try await strict.get("https://127.0.0.1:\(server.port)/") }
            // The listener waits for a request, as the fetcher does for TLS.
            #expect(code == .tls || code == .unreachable)
            #expect(server.count == 1)
            #expect(server.requests.isEmpty)
        }
    }
}
