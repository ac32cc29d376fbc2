// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

@testable import FerryServerHTTP

@Suite(.timeLimit(.minutes(2)))
struct CatalogListRouteTests {
    @Test func `apps come a page at a time`() async throws {
        try await withTestServer { server in
            var names: [String] = []
            var cursor = ""
            repeat {
                try #require(names.count < 4, "the list does not end")
                let page = try await server.post("/apps/list", ["limit": 3, "cursor": .string(cursor)])
                #expect(page.data["items_per_page"] == 3)
                names += page.data["items"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
                cursor = page.data["has_next"] == true ? page.data["next_cursor"]?.stringValue ?? "" : ""
            } while !cursor.isEmpty
            #expect(names == ["echo", "fail", "paint", "wait"])
            let filter: JSONValue = ["field": "name", "operator": "ilike", "value": "%AI_"]
            let sort: JSONValue = ["field": "name", "dir": "desc"]
            let found = try await server.post("/apps/list", ["filters": [filter], "sort": [sort]])
            #expect(found.data["items"]?.arrayValue?.compactMap { $0["name"]?.stringValue } == ["wait", "fail"])
        }
    }

    @Test(arguments: ["/apps/list", "/agents/list"])
    func `an unknown field is refused and a limit honoured`(target: String) async throws {
        try await withTestServer { server in
            let filter: JSONValue = ["field": "bogus", "operator": "eq", "value": "x"]
            let refused = try await server.post(target, ["filters": [filter]])
            #expect(refused.status == 422)
            #expect(refused.text.contains("unknown field; known are "))
            #expect(try await server.post(target, ["limit": 2]).data["items_per_page"] == 2)
            #expect(try await server.post(target, ["cursor": "x"]).status == 422)
            // Zero values, as the Swift client of inference.sh sends them.
            let zero = try await server.post(target, ["cursor": "", "limit": 0, "filters": [], "sort": []])
            #expect(zero.data["items_per_page"] == 10)
        }
    }
}
