// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import Testing

@testable import FerryServerCore

/// The lists of what is held in memory: apps and agents.
@Suite("Lists of apps and agents")
struct CatalogListTests {
    private struct Catalog: AgentCatalog {
        let templates: [AgentTemplate]

        func agents() async throws -> [AgentTemplate] { templates }
    }

    /// Twelve agents and as many apps, in no order: `a/n00`, `b/n01`, `a/n02` and so on; every third is a painter.
    private func world() async throws -> World {
        let numbers = Array(0..<12).shuffled()
        func name(_ number: Int) -> String { number < 10 ? "n0\(number)" : "n\(number)" }
        func space(_ number: Int) -> String { number.isMultiple(of: 2) ? "a" : "b" }
        let apps = numbers.map { number in
            var app = AppDTO.sample(namespace: space(number), name: name(number), functions: [])
            app.description = number.isMultiple(of: 3) ? "Paints 100% of it" : ""
            app.createdAt = Timestamp.sample.advanced(bySeconds: Int64(number))
            return app
        }
        let agents = numbers.map { number in
            AgentTemplate(
                id: Identifier.random(), versionID: Identifier.random(), namespace: space(number), name: name(number),
                config: AgentConfig(
                    coreApp: CoreAppConfig(ref: "test/model"),
                    description: number.isMultiple(of: 3) ? "Paints 100% of it" : ""))
        }
        return try await World(apps: ScriptedAppRunner(apps: apps), agents: Catalog(templates: agents))
    }

    /// What both lists answer, which must be the same.
    private func names(
        _ request: CursorListRequest, in world: World, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> [String] {
        let apps = try await world.services.apps.list(request, for: world.root).records.map(\.reference)
        let agents = try await world.services.agents.list(request, for: world.root).records.map(\.reference)
        #expect(apps == agents, sourceLocation: sourceLocation)
        return apps
    }

    private static let all = [
        "a/n00", "a/n02", "a/n04", "a/n06", "a/n08", "a/n10", "b/n01", "b/n03", "b/n05", "b/n07", "b/n09", "b/n11",
    ]

    @Test func `a page is by reference and as long as asked for`() async throws {
        let world = try await world()
        #expect(try await names(CursorListRequest(), in: world) == Array(Self.all.prefix(10)))
        #expect(try await names(CursorListRequest(limit: 2), in: world) == ["a/n00", "a/n02"])
        #expect(try await names(CursorListRequest(limit: .max), in: world) == Self.all)
        let page = try await world.services.apps.list(CursorListRequest(limit: .max), for: world.root)
        #expect(page.pageSize == 1000 && !page.hasNext && !page.hasPrevious && page.nextCursor.isEmpty)
    }

    @Test(arguments: [[], [ListSort(field: "namespace", direction: .desc)], [ListSort(field: "description")]])
    func `cursors lead through everything once and back`(sort: [ListSort]) async throws {
        let world = try await world()
        let (apps, agents) = (world.services.apps, world.services.agents)
        try await walk(sort) { try await apps.list($0, for: world.root).map(\.reference) }
        try await walk(sort) { try await agents.list($0, for: world.root).map(\.reference) }
    }

    private func walk(
        _ sort: [ListSort], _ list: (CursorListRequest) async throws -> RecordPage<String>
    ) async throws {
        let expected = try await list(CursorListRequest(limit: 100, sort: sort)).records
        #expect(expected.sorted() == Self.all)
        var request = CursorListRequest(limit: 5, sort: sort)
        var found: [String] = []
        var page = try await list(request)
        found += page.records
        while page.hasNext {
            try #require(found.count < expected.count, "the list does not end")
            request.cursor = page.nextCursor
            page = try await list(request)
            found += page.records
        }
        #expect(found == expected)
        request.cursor = page.previousCursor
        request.direction = "prev"
        #expect(try await list(request).records == Array(expected[5..<10]))
    }

    @Test func `a cursor is good for its list and order alone`() async throws {
        let world = try await world()
        let (apps, agents) = (world.services.apps, world.services.agents)
        let cursor = try await apps.list(CursorListRequest(limit: 1), for: world.root).nextCursor
        let refusals = [
            try await refusal { _ = try await agents.list(CursorListRequest(cursor: cursor), for: world.root) },
            try await refusal {
                let request = CursorListRequest(cursor: cursor, sort: [ListSort(field: "name")])
                _ = try await apps.list(request, for: world.root)
            },
            try await refusal { _ = try await agents.list(CursorListRequest(cursor: "x"), for: world.root) },
        ]
        #expect(refusals.allSatisfy { $0.code == .validation && $0.message.hasPrefix("/cursor: ") })
    }

    @Test func `a long description makes no cursor that is refused`() async throws {
        var first = AppDTO.sample(name: "first", functions: [])
        first.description = String(repeating: "\u{1}", count: 100_000)
        var second = AppDTO.sample(name: "second", functions: [])
        second.description = "b"
        let world = try await World(apps: ScriptedAppRunner(apps: [second, first]))
        var request = CursorListRequest(
            limit: 1, sort: [ListSort(field: "description"), ListSort(field: "category"), ListSort(field: "ref")])
        let page = try await world.services.apps.list(request, for: world.root)
        #expect(page.records.map(\.name) == ["first"])
        request.cursor = page.nextCursor
        #expect(try await world.services.apps.list(request, for: world.root).records.map(\.name) == ["second"])
    }

    @Test(arguments: [
        (ListFilter(field: "name", operation: .eq, value: "n03"), ["b/n03"]),
        (ListFilter(field: "ref", operation: .in, value: ["b/n03", "a/n00", "c/n"]), ["a/n00", "b/n03"]),
        (ListFilter(field: "namespace", operation: .neq, value: "a"), Array(all.suffix(6))),
        (ListFilter(field: "name", operation: .gte, value: "n10"), ["a/n10", "b/n11"]),
        (ListFilter(field: "ref", operation: .like, value: "%n_1"), ["b/n01", "b/n11"]),
        (ListFilter(field: "ref", operation: .ilike, value: "B/N1%"), ["b/n11"]),
        (ListFilter(field: "description", operation: .contains, value: "100%"), ["a/n00", "a/n06", "b/n03", "b/n09"]),
        (
            ListFilter(field: "description", operation: .isEmpty, value: nil),
            ["a/n02", "a/n04", "a/n08", "a/n10", "b/n01", "b/n05", "b/n07", "b/n11"]
        ),
        (ListFilter(field: "id", operation: .isNull, value: nil), []),
    ])
    func `filters hold`(filter: ListFilter, expected: [String]) async throws {
        let request = CursorListRequest(limit: 100, filters: [filter])
        #expect(try await names(request, in: world()) == expected)
    }

    @Test func `a search looks at names and descriptions`() async throws {
        let world = try await world()
        func found(_ search: ListSearch) async throws -> [String] {
            try await names(CursorListRequest(search: search), in: world)
        }
        #expect(try await found(ListSearch(term: "PAINTS")) == ["a/n00", "a/n06", "b/n03", "b/n09"])
        #expect(try await found(ListSearch(term: "a/n0")) == ["a/n00", "a/n02", "a/n04", "a/n06", "a/n08"])
        #expect(try await found(ListSearch(term: "b", exact: true, fields: ["namespace"])).count == 6)
    }

    @Test func `apps have times to filter and sort by`() async throws {
        let world = try await world()
        let latest = Timestamp.sample.advanced(bySeconds: 10)
        let request = CursorListRequest(
            filters: [ListFilter(field: "created_at", operation: .gte, value: .time(latest))],
            sort: [ListSort(field: "created_at", direction: .desc)])
        let page = try await world.services.apps.list(request, for: world.root)
        #expect(page.records.map(\.name) == ["n11", "n10"])
    }

    @Test(arguments: [
        (CursorListRequest(filters: [ListFilter(field: "bogus", operation: .eq, value: "x")]), "/filters/0/field"),
        (CursorListRequest(sort: [ListSort(field: "bogus")]), "/sort/0/field"),
        (CursorListRequest(search: ListSearch(term: "x", fields: ["bogus"])), "/search/fields/0"),
        (CursorListRequest(limit: -1), "/limit"),
        (CursorListRequest(direction: "up"), "/direction"),
    ])
    func `what makes no sense is refused by its place`(request: CursorListRequest, place: String) async throws {
        let world = try await World()
        let refusals = [
            try await refusal { _ = try await world.services.apps.list(request, for: world.root) },
            try await refusal { _ = try await world.services.agents.list(request, for: world.root) },
        ]
        for refusal in refusals {
            #expect(refusal.code == .validation)
            #expect(refusal.message.hasPrefix("\(place): "), "\(refusal.message)")
        }
    }

    @Test func `lists need the scope to run apps`() async throws {
        let world = try await World()
        let reader = try await world.principal(team: "readers", scopes: [.filesRead])
        let refusals = [
            try await refusal { _ = try await world.services.apps.list(CursorListRequest(), for: reader) },
            try await refusal { _ = try await world.services.agents.list(CursorListRequest(), for: reader) },
        ]
        #expect(refusals.allSatisfy { $0.code == .insufficientScope })
    }
}
