// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

struct ListRequestTests {
    @Test func `a request comes back as it went out`() throws {
        let request = CursorListRequest(
            cursor: "c", limit: 5, direction: "prev",
            filters: ListFilter.Operation.allCases.map { ListFilter(field: "path", operation: $0, value: "x") },
            search: ListSearch(term: "t", exact: true, fields: ["path"]),
            sort: [ListSort(field: "size", direction: .desc), ListSort(field: "id")], fields: ["filename"])
        #expect(try CursorListRequest(json: request.json) == request)
        #expect(try CursorListRequest(json: [:]) == CursorListRequest())
    }

    @Test func `every comparison has its name on the wire`() {
        let names =
            "eq neq in not_in gt gte lt lte like ilike contains not_contains is_null is_not_null is_empty is_not_empty"
        #expect(ListFilter.Operation.allCases.map(\.rawValue) == names.split(separator: " ").map(String.init))
    }

    @Test(
        arguments: [
            (["page": 2], "/page"), (["search": "x"], "/search"), (["search": ["exact": 1]], "/search/exact"),
            (["sort": [["field": "a", "dir": "up"]]], "/sort/0/dir"), (["sort": [["dir": "asc"]]], "/sort/0/field"),
            (["fields": [1]], "/fields"), (["filters": [["field": "a", "operator": "x"]]], "/filters/0/operator"),
        ] as [(JSONValue, String)])
    func `what cannot be meant is refused by its place`(json: JSONValue, place: String) throws {
        let error = try #require(throws: WireFormatError.self) { try CursorListRequest(json: json) }
        #expect(error.pointer.description.hasPrefix(place))
    }

    @Test func `the first page by number and empty values mean the beginning`() throws {
        let json: JSONValue = [
            "page": 1, "cursor": "", "limit": 0, "search": ["term": "", "exact": false], "filters": [], "sort": [],
            "preloads": [], "permissions": nil, "include_others": false,
        ]
        #expect(try CursorListRequest(json: json) == CursorListRequest())
    }

    @Test func `changes, links and lifetimes come back as they went out`() throws {
        let update = FileUpdate(filename: "a", path: "", isPublic: false)
        #expect(try FileUpdate(json: update.json) == update)
        #expect(try FileUpdate(json: ["filename": nil, "other": 1]) == FileUpdate())
        #expect(try VisibilityChange(json: ["visibility": "team"]).visibility == "team")
        #expect(throws: WireFormatError.self) { try VisibilityChange(json: [:]) }
        #expect(try LinkRequest(json: [:]).expiresIn == 86_400)
        #expect(try LinkRequest(json: ["expires_in": 5]).expiresIn == 5)
        let link = FileLink(url: "http://x/y", expiresAt: Timestamp(seconds: 5))
        #expect(try FileLink(json: link.json) == link)
        #expect(FileLink(url: "http://x/y", expiresAt: nil).json["expires_at"] == .null)
        #expect(try PartialFile(json: PartialFile(expiresIn: 60).json).expiresIn == 60)
        #expect(PartialFile().json["expires_in"] == nil)
    }
}
