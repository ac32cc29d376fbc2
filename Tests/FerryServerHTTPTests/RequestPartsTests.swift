// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import HTTPTypes
import Testing

@testable import FerryServerHTTP

struct RequestPartsTests {
    @Test func `a query reads as the JSON form would`() throws {
        let request = try ListQuery.request(
            "limit=5&cursor=a%2Bb&direction=prev&filters=%5B%7B%22field%22%3A%22size%22%2C%22operator%22%3A%22gt%22%2C"
                + "%22value%22%3A5%7D%5D&unknown=x&search=%7B%22term%22%3A%22x%22%7D")
        #expect(
            request
                == CursorListRequest(
                    cursor: "a+b", limit: 5, direction: "prev",
                    filters: [ListFilter(field: "size", operation: .gt, value: 5)],
                    search: ListSearch(term: "x")))
    }

    @Test(arguments: [nil, "", "&", "&&"] as [String?])
    func `an empty query asks for the first page`(query: String?) throws {
        #expect(try ListQuery.request(query) == CursorListRequest())
    }

    @Test(arguments: [
        "limit=abc", "limit=1e3", "limit=+5", "limit=%2B5", "limit=", "limit=1.5", "limit=99999999999999999999",
        "limit=1&limit=2", "cursor=a&cursor=b", "filters=x", "filters=%5B", "filters=%7B%7D", "cursor=%FF",
        "filters=%5B%7B%22field%22%3A%22size%22%2C%22operator%22%3A%22between%22%2C%22value%22%3A5%7D%5D",
    ])
    func `a query that makes no sense is refused`(query: String) {
        #expect(throws: (any Error).self) { try ListQuery.request(query) }
    }

    private func base(_ authority: String?, publicURL: String? = nil) throws -> String {
        try BaseAddress.of(
            HTTPRequest(method: .get, scheme: "http", authority: authority, path: "/"), publicURL: publicURL)
    }

    @Test(arguments: ["localhost", "127.0.0.1:8787", "[::1]:8787", "files.example-host.com", "A.B", "my_server:80"])
    func `links begin with the host the caller used`(host: String) throws {
        #expect(try base(host) == "http://\(host)")
    }

    @Test(
        arguments: [
            nil, "", "a b", "a/b", "a@b", "a\"b", "a\r\nX: y", "a<script>", "é.com", "a?b", "a#b", "a\\b", "a%2Fb",
            String(repeating: "a", count: 256),
        ] as [String?])
    func `a host that is none is refused`(host: String?) {
        let error = #expect(throws: ServerError.self) { try base(host) }
        #expect(error?.code == .invalidRequest)
    }

    @Test func `the public address goes before the caller's`() throws {
        #expect(try base("evil.example", publicURL: "https://files.example") == "https://files.example")
        #expect(try base(nil, publicURL: "https://files.example") == "https://files.example")
    }
}
