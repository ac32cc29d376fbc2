// SPDX-License-Identifier: Apache-2.0

import FerryFetch
import FerryWire
import Testing

/// Rows 75 to 88 of the bad-input catalogue that are about the text of an address; what is refused opens no connection.
/// `PORT` stands for that of the listeners, which is allowed.
@Suite(.timeLimit(.minutes(1)))
struct AddressRowTests {
    /// Asks for an address in both ways, and has the listeners say that nobody came.
    private func expectRefused(
        _ url: String, _ allowed: [String] = [], location: SourceLocation = #_sourceLocation
    ) async throws {
        try await CountingServer.onOnePort { four, other, six async throws in
            let url = url.replacing("PORT", with: "\(four.port)")
            // Whatever the name, its address is a listener's.
            let fetcher = GuardedFetcher(
                policy: .allowing(allowed, ports: [four.port]), resolver: ScriptedResolver(["127.0.0.1"]))
            let got = await fetchCode { _ = try await fetcher.get(url) }
            #expect(got == .refused, "\(url)", sourceLocation: location)
            let posted = await fetchCode { _ = try await fetcher.post(url, headers: [], body: [1]) }
            #expect(posted == .refused, "\(url)", sourceLocation: location)
            #expect([four.count, other.count, six.count] == [0, 0, 0], sourceLocation: location)
        }
    }

    private static let everything = ["0.0.0.0/0", "::/0"]

    @Test(arguments: ["127.0.0.1", "localhost", "0", "0.0.0.0", "127.0.0.2", "LOCALHOST", "a.localhost"])
    func `row 75: this machine by its usual names is refused`(host: String) async throws {
        try await expectRefused("http://\(host):PORT/")
    }

    @Test(arguments: ["127.1", "0x7f.1", "2130706433", "0177.0.0.1", "017700000001", "0x7f000001"])
    func `row 76: odd notations are refused even where this machine is allowed`(host: String) async throws {
        try await expectRefused("http://\(host):PORT/", Self.everything)
    }

    @Test(arguments: ["[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[fe80::1%25lo]"])
    func `row 77: this machine in IPv6 is refused, and IPv4 inside of it`(host: String) async throws {
        try await expectRefused("http://\(host):PORT/")
    }

    @Test(arguments: ["169.254.169.254", "[fd00:ec2::254]", "metadata.google.internal", "metadata", "instance-data"])
    func `row 78: a cloud's own addresses are refused`(host: String) async throws {
        try await expectRefused("http://\(host):PORT/")
        try await expectRefused("http://\(host)/")
    }

    @Test(arguments: [
        ("10.1.2.3", "10.0.0.0/8"), ("172.16.0.1", "172.16.0.0/12"), ("172.31.255.255", "172.16.0.0/12"),
        ("192.168.0.1", "192.168.0.0/16"), ("100.64.0.1", "100.64.0.0/10"), ("224.0.0.1", "224.0.0.0/4"),
        ("240.0.0.1", "240.0.0.0/4"), ("[fc00::1]", "fc00::/7"),
    ])
    func `row 79: private and reserved networks are refused unless they are allowed`(
        host: String, network: String
    ) async throws {
        try await expectRefused("http://\(host):PORT/", ["127.0.0.0/8"])
        #expect(throws: Never.self) { try FetchPolicy.allowing([network], ports: []).check("http://\(host)/") }
    }

    @Test(arguments: ["①②⑦.⓪.⓪.①", "127。0。0。1", "127.0.0.1.", "１２７.0.0.1", "localhost.", "%31%32%37.0.0.1"])
    func `row 80: what some readers take for this machine is refused`(host: String) async throws {
        try await expectRefused("http://\(host):PORT/", Self.everything)
    }

    @Test(arguments: [
        "file:///etc/passwd", "gopher://127.0.0.1:PORT/", "ftp://127.0.0.1:PORT/", "unix:/run/x", "unix:///run/x",
        "http+unix://%2Frun%2Fx/", "//127.0.0.1:PORT/", "http:/127.0.0.1:PORT/", "http:127.0.0.1:PORT/", "",
        "data:text/plain,x", "ws://127.0.0.1:PORT/", "/etc/passwd",
    ])
    func `row 85: only http and https are asked for`(url: String) async throws {
        try await expectRefused(url, Self.everything)
    }

    @Test(arguments: [
        "http://a@127.0.0.1:PORT/", "http://a:b@127.0.0.1:PORT/", "http://example.com@127.0.0.1:PORT/",
        "http://evil\\@127.0.0.1:PORT/", "http://127.0.0.1:PORT\\@example.com/", "http://@127.0.0.1:PORT/",
    ])
    func `row 86: user names and backslashes are refused even where this machine is allowed`(url: String) async throws {
        try await expectRefused(url, Self.everything)
    }

    @Test(arguments: ["http://127.0.0.1:PORT#@example.com/", "http://127.0.0.1:PORT?@example.com/"])
    func `row 86: what stands behind the host is not the host`(url: String) async throws {
        try await expectRefused(url)
    }

    @Test(arguments: ["0", "22", "25", "6379", "99999", "-1", "+80", "80x", "", "0x50"])
    func `row 87: other ports than those of the web are refused`(port: String) async throws {
        try await expectRefused("http://127.0.0.1:\(port)/", Self.everything)
    }

    @Test func `row 87: a listener on another port is not reached`() async throws {
        try await CountingServer.with { server async throws in
            let fetcher = GuardedFetcher(policy: .allowing(Self.everything, ports: []))
            #expect(await fetchCode { _ = try await fetcher.get("http://127.0.0.1:\(server.port)/") } == .refused)
            #expect(server.count == 0)
        }
    }

    @Test(arguments: [
        "http://127.0.0.1:PORT/\r\nX-A: b", "http://127.0.0.1:PORT/\n", "http://127.0.0.1:PORT/a\tb",
        "http://127.0.0.1:PORT/a b", "http://127.0.0.1:PORT/\0", "http://127.0.0.1\r\n:PORT/",
        " http://127.0.0.1:PORT/",
        "http://127.0.0.1:PORT/ä", "http://127.0.0.1:PORT/" + String(repeating: "x", count: 64 << 10),
    ])
    func `row 88: line ends, blanks, NUL and endless addresses are refused`(url: String) async throws {
        try await expectRefused(url, Self.everything)
    }

    @Test func `names below internal are judged by their addresses where private networks are allowed`() async throws {
        try await CountingServer.with { server async throws in
            func code(_ host: String, _ networks: [String], _ address: String) async -> FetchError.Code? {
                let fetcher = GuardedFetcher(
                    policy: .allowing(networks, ports: [server.port]), resolver: ScriptedResolver([address]))
                return await fetchCode { _ = try await fetcher.get("http://\(host):\(server.port)/") }
            }
            let minio = "minio.prod.internal"
            #expect(await code(minio, [], "127.0.0.1") == .refused)
            #expect(await code(minio, ["10.0.0.0/8"], "127.0.0.1") == .refused)
            #expect(await code("metadata.google.internal", Self.everything, "127.0.0.1") == .refused)
            #expect(server.count == 0)
            #expect(await code(minio, ["127.0.0.0/8"], "127.0.0.1") == nil)
            // Others may be called so: their addresses decide.
            for host in ["metadata.example.org", "instance-data.example.org", "localhost.example.org"] {
                #expect(throws: Never.self, "\(host)") { try FetchPolicy().check("https://\(host)/") }
                #expect(await code(host, [], "127.0.0.1") == .refused, "\(host)")
                #expect(await code(host, ["127.0.0.0/8"], "127.0.0.1") == nil, "\(host)")
            }
            #expect(server.count == 4)
        }
    }
}
