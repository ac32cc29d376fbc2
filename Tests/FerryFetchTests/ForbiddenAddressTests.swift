// SPDX-License-Identifier: Apache-2.0

import FerryFetch
import FerryWire
import Testing

@Suite struct ForbiddenAddressTests {
    /// Hosts that mean this machine or a private network to one reader or another (rows 75 to 80 and 86).
    static let hosts = [
        "127.0.0.1", "127.1", "127.0.1", "0x7f.1", "0x7f000001", "0x7f.0x0.0x0.0x1", "2130706433", "0177.0.0.1",
        "017700000001", "0", "0.0.0.0", "00.0.0.0", "localhost", "LOCALHOST", "LocalHost", "localhost.",
        "foo.localhost",
        "127.0.0.1.", "127.0.0.2", "127.255.255.254", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fe80::1%25lo]", "[fe80::1%lo]",
        "[::1", "::1", "①②⑦.⓪.⓪.①", "127。0。0。1", "１２７.0.0.1", "%31%32%37.0.0.1", "127.0.0.1%00", "x@127.0.0.1",
        "x:y@127.0.0.1", "example.com@127.0.0.1", "evil\\@127.0.0.1", "127.0.0.1\\", "169.254.169.254",
        "[fd00:ec2::254]",
        "metadata.google.internal", "metadata", "instance-data", "10.0.0.1", "172.16.0.1", "172.31.255.255",
        "192.168.0.1", "100.64.0.1", "198.18.0.1", "192.0.2.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
        "[ff02::1]",
        "[fc00::1]", "[2001:db8::1]", "ip6-localhost", "ip6-loopback", "", ".", "..", "a..b", "-a.com", " 127.0.0.1",
    ]
    static let schemes = [
        "http://", "https://", "HTTP://", "hTTps://", "http:", "http:/", "http:///", "//", "", "ftp://", "gopher://",
        "file://", "unix://", "http+unix://", "ws://",
    ]

    static func urls(port: Int) -> [String] {
        let tails = [
            ":\(port)/", ":\(port)", "/", ":80/", ":0/", ":22/", ":99999/", ":+80/", ":\(port)/a?b=c#d",
            "#@example.com/",
        ]
        return schemes.flatMap { scheme in hosts.flatMap { host in tails.map { scheme + host + $0 } } }
    }

    @Test func `no generated address reaches a listener on this machine`() async throws {
        try await CountingServer.onOnePort { four, other, six async throws in
            // Even with the listeners' port allowed, so that only the addresses stand in the way.
            let fetcher = GuardedFetcher(policy: .allowing([], ports: [four.port]))
            let urls = Self.urls(port: four.port)
            #expect(urls.count >= 2_000)
            for url in urls {
                let code = await fetchCode { _ = try await fetcher.get(url) }
                #expect(code == .refused || code == .unreachable, "\(url)")
                let sent = await fetchCode { _ = try await fetcher.post(url, headers: [], body: []) }
                #expect(sent == .refused || sent == .unreachable, "\(url)")
            }
            #expect(four.count == 0)
            #expect(other.count == 0)
            #expect(six.count == 0)
            // The listeners are there: what is allowed reaches them.
            let open = GuardedFetcher(policy: .allowing(["127.0.0.0/8", "::1"], ports: [four.port]))
            for host in ["127.0.0.1", "127.0.0.2", "[::1]"] {
                let answer = try await open.get("http://\(host):\(four.port)/")
                #expect(try await content(answer) == "hello")
            }
            #expect([four.count, other.count, six.count] == [1, 1, 1])
        }
    }

    @Test func `a name that changes its address is judged by the one it is connected to`() async throws {
        try await CountingServer.with { server async throws in
            let url = "http://changing.example:\(server.port)/"
            // Public when it is looked at, ours afterwards: the connection goes to what was looked at.
            let rebinding = ScriptedResolver(["192.0.0.1"], ["127.0.0.1"])
            var policy = FetchPolicy.allowing(["192.0.0.1"], ports: [server.port])
            policy.limits.connectTime = .milliseconds(300)
            let code = await fetchCode { _ = try await GuardedFetcher(policy: policy, resolver: rebinding).get(url) }
            #expect(code == .unreachable || code == .timedOut || code == .truncated)
            #expect(server.count == 0)
            // One good address among bad ones does not help.
            for addresses in [
                ["93.184.216.34", "127.0.0.1"], ["127.0.0.1", "93.184.216.34"], ["::1"], ["::ffff:127.0.0.1"],
            ] {
                let mixed = GuardedFetcher(
                    policy: .allowing([], ports: [server.port]), resolver: Scripted(addresses: addresses))
                #expect(await fetchCode { _ = try await mixed.get(url) } == .refused, "\(addresses)")
            }
            #expect(server.count == 0)
            let allowed = GuardedFetcher(
                policy: .allowing(["127.0.0.0/8"], ports: [server.port]), resolver: ScriptedResolver(["127.0.0.1"]))
            #expect(try await content(try await allowed.get(url)) == "hello")
            #expect(server.requests.first?.contains("changing.example:\(server.port)") == true)
        }
    }

    private struct Scripted: AddressResolver {
        let addresses: [String]
        func addresses(of name: String) async throws -> [IPAddress] { addresses.compactMap { IPAddress($0) } }
    }

    enum Kind: String, CaseIterable { case moved, found, seeOther, temporary, permanent, protocolRelative }

    @Test(arguments: Kind.allCases)
    func `no kind of redirect leads out of what is allowed`(kind: Kind) async throws {
        try await CountingServer.with { inside async throws in
            let port = inside.port
            let status = [Kind.moved: 301, .found: 302, .seeOther: 303, .temporary: 307, .permanent: 308][kind] ?? 302
            let prefix = kind == .protocolRelative ? "//" : "http://"
            for target in ["127.0.0.1:\(port)/", "localhost:\(port)/", "[::1]:\(port)/", "2130706433:\(port)/"] {
                try await CountingServer.with("127.0.0.2", answer: { _ in .redirect(status, to: prefix + target) }) {
                    server async throws in
                    let fetcher = GuardedFetcher(policy: .allowing(["127.0.0.2"], ports: [port, server.port]))
                    let code = await fetchCode { _ = try await fetcher.get("http://127.0.0.2:\(server.port)/") }
                    #expect(code == .refused)
                    #expect(server.count == 1)
                }
            }
            for target in ["file:///etc/passwd", "gopher://127.0.0.1/", "unix:/run/x"] {
                try await CountingServer.with("127.0.0.2", answer: { _ in .redirect(status, to: target) }) {
                    server async throws in
                    let fetcher = GuardedFetcher(policy: .allowing(["127.0.0.2"], ports: [server.port]))
                    #expect(
                        await fetchCode { _ = try await fetcher.get("http://127.0.0.2:\(server.port)/") } == .refused)
                }
            }
            #expect(inside.count == 0)
        }
    }
}
