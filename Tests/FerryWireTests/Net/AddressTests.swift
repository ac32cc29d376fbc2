// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import Testing

@Suite struct AddressTests {
    @Test(arguments: [
        "127.1", "0x7f.1", "2130706433", "0177.0.0.1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.4 ", " 1.2.3.4",
        "+1.2.3.4", "",
        "1.2.3.04", "::1%lo", "[::1]", "1::2::3", ":::", "12345::", "①.1.1.1", "1.2.3.4\0",
    ])
    func `odd notations are no addresses`(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test func `addresses are read and written`() {
        #expect(IPAddress("1.2.3.4")?.bytes == [1, 2, 3, 4])
        #expect(IPAddress("2001:DB8:0:0::1")?.description == "2001:db8::1")
        #expect(IPAddress("::ffff:1.2.3.4")?.bytes.count == 16)
        #expect(IPNetwork("10.0.0.0/8")?.description == "10.0.0.0/8")
        for text in ["10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8/8", "10/8", "::/129", "::/+8", "/8"] {
            #expect(IPNetwork(text) == nil, "\(text)")
        }
    }

    @Test func `networks hold what they should`() throws {
        let odd = try #require(IPNetwork("172.16.0.0/12"))
        for (text, isInside) in [
            ("172.16.0.0", true), ("172.31.255.255", true), ("172.32.0.0", false), ("172.15.255.255", false),
        ] {
            #expect(odd.contains(try #require(IPAddress(text))) == isInside, "\(text)")
        }
        #expect(try #require(IPNetwork("::/0")).contains(try #require(IPAddress("ff::1"))))
        #expect(!(try #require(IPNetwork("::/0")).contains(try #require(IPAddress("1.2.3.4")))))
    }

    @Test func `global is never more than Python's ipaddress says`() throws {
        let script = """
            import ipaddress, random
            random.seed(20261122)
            def show(a): print(a, 1 if a.is_global and not a.is_multicast else 0)
            for _ in range(60000): show(ipaddress.IPv4Address(random.getrandbits(32)))
            for first in range(256):
                for second in range(256): show(ipaddress.IPv4Address(f"{first}.{second}.{random.randrange(256)}.{random.randrange(256)}"))
            for _ in range(30000): show(ipaddress.IPv6Address(random.getrandbits(128)))
            for _ in range(30000): show(ipaddress.IPv6Address(0x2001 << 112 | random.getrandbits(112)))
            for high in range(65536): show(ipaddress.IPv6Address(high << 112 | random.getrandbits(16)))
            """
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", script]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let lines = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self).split(
            separator: "\n")
        process.waitUntilExit()
        #expect(lines.count > 200_000)
        var laxer: [Substring] = []
        var stricter = 0
        var isGlobal = 0
        for line in lines {
            let parts = line.split(separator: " ")
            let address = try #require(IPAddress(String(parts[0])), "\(line)")
            if address.isGlobal { isGlobal += 1 }
            if address.isGlobal, parts[1] == "0" { laxer.append(line) }
            if !address.isGlobal, parts[1] == "1" { stricter += 1 }
        }
        #expect(laxer == [], "\(laxer.prefix(5))")
        #expect(isGlobal > 100_000)
        // Stricter for 2001::/23, 6to4 and what lies outside of 2000::/3, which Python calls global.
        #expect(stricter > 0)
    }
}
