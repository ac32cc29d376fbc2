// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

@Suite struct ForeignURLTests {
    @Test func `addresses are taken apart`() throws {
        let url = try ForeignURL("HTTPS://Example.COM:8443/a%20b?c=d#e")
        #expect(url.origin.description == "https://example.com:8443")
        #expect(url.target == "/a%20b?c=d")
        #expect(url.text == "https://example.com:8443/a%20b?c=d")
        #expect(url.description == "https://example.com:8443")
        #expect(try ForeignURL("http://a.b?x").target == "/?x")
        #expect(try ForeignURL("http://a.b").origin.port == 80)
        #expect(try ForeignURL("http://[2606:4700::1]:81/").origin.description == "http://[2606:4700::1]:81")
    }

    @Test(arguments: [
        "", "http", "http:", "http:/a.b", "http:a.b", "//a.b", "ftp://a.b", "file:///etc/passwd", "http://",
        "http://:80/",
        "http://a@b.c/", "http://a:b@c.d/", "http://a.b\\@c.d/", "http://a b/", "http://a.b/\t", "http://a.b/\r\nX: y",
        "http://a.b/\0",
        "http://ä.de/", "http://a..b/", "http://.a/", "http://a.b./", "http://-a.b/", "http://1.2.3/",
        "http://1.2.3.4.5/",
        "http://0x7f.1/", "http://127.1/", "http://a.b:0/", "http://a.b:65536/", "http://a.b:-1/", "http://a.b:1x/",
        "http://a.b:/",
        "http://[::1/", "http://[::1]x/", "http://[fe80::1%25lo]/", "http://[1.2.3.4]/", "http://%61.b/",
        "http://a.b/|", "http://a_$.b/",
        "http+unix://a.b/", " http://a.b/", "http://a.b/ü",
    ])
    func `what could be read in two ways is refused`(text: String) {
        #expect(throws: ForeignURL.Refusal.self) { try ForeignURL(text) }
    }

    @Test func `an address has at most 8 KiB`() throws {
        let start = "http://a.b/"
        let longest = start + String(repeating: "x", count: ForeignURL.maximumLength - start.utf8.count)
        #expect(try ForeignURL(longest).target.utf8.count > 8000)
        #expect(throws: ForeignURL.Refusal.self) { try ForeignURL(longest + "x") }
    }

    @Test func `references lead from an address to the next`() throws {
        let base = try ForeignURL("http://a.b:81/c/d?q=1")
        for (reference, expected) in [
            ("e", "http://a.b:81/c/e"), ("/e?f", "http://a.b:81/e?f"), ("?r", "http://a.b:81/c/d?r"),
            ("//x.y/z", "http://x.y/z"), ("https://x.y", "https://x.y/"), ("#f", "http://a.b:81/c/d?q=1"),
            ("", "http://a.b:81/c/d?q=1"),
            ("e:f/../g", nil), ("./e", "http://a.b:81/c/e"), ("../x/./y/..?z=/../", "http://a.b:81/x/?z=/../"),
            ("/../../e", "http://a.b:81/e"),
        ] as [(String, String?)] {
            let text = try? base.resolving(reference).text
            #expect(text == expected, "\(reference)")
            if expected == nil { #expect(throws: ForeignURL.Refusal.self) { try base.resolving(reference) } }
        }
    }
}
