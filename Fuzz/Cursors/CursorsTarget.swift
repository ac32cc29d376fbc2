// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import FerryWire
internal import FuzzReferences
internal import Synchronization

/// Cursors of lists: pages walked both ways are the whole list, and no cursor is good that was not given out.
///
/// An input is the body of a list request, and behind a line feed the list: a record for each two bytes.
struct CursorsTarget: FuzzTarget {
    private let cursors = PageCursors(secret: Array(repeating: 0x43, count: 32), limits: ServerLimits())
    private let team = "team"
    private let longest = 6

    func run(_ input: [UInt8]) {
        let parts = input.split(separator: 0x0A, maxSplits: 1, omittingEmptySubsequences: false)
        guard let body = parts.first, let json = try? JSONValue(parsing: body),
            var request = try? CursorListRequest(json: json)
        else { return }
        var randomness = Randomness(input)
        if randomness.isOne(in: 4) { checkWords(request) }
        let rest = parts.count > 1 ? Array(parts[1].prefix(longest * 2)) : []
        let items = stride(from: 0, to: rest.count - 1, by: 2).map { place in
            FuzzedItem(number: place / 2, name: rest[place], size: rest[place + 1])
        }
        // Nothing that comes with the input was given out.
        if !request.cursor.isEmpty {
            promise((try? query(request)) == nil, "a forged cursor is accepted")
            request.cursor = ""
        }
        request.direction = "next"
        request.limit = 1 + abs(request.limit % 4)
        guard let first = try? query(request) else { return }
        walk(items.sorted { $0.precedes($1, in: first.order) }, request, &randomness)
    }

    /// A request reads the same when it was written, and its words are held against the limits.
    private func checkWords(_ request: CursorListRequest) {
        guard let again = try? CursorListRequest(json: request.json) else {
            promise(false, "a request that was written does not read")
            return
        }
        promise(again.json.serialized() == request.json.serialized(), "a request that was written reads otherwise")
        var plain = request
        plain.cursor = ""
        guard let query = try? query(plain) else { return }
        let limits = ServerLimits()
        promise(query.limit >= 1 && query.limit <= limits.maximumPageSize, "a page of \(query.limit) records")
        promise(query.conditions.count == request.filters.count, "a condition is lost")
        promise(request.filters.count <= limits.maximumFilters, "too many conditions are accepted")
        promise(request.sort.count <= limits.maximumSorts, "too many sorts are accepted")
        promise(
            query.conditions.allSatisfy { FuzzedItem.listFields[$0.field] != nil }
                && query.order.allSatisfy { FuzzedItem.listFields[$0.field] != nil }
                && (query.search?.fields ?? []).allSatisfy { FuzzedItem.listFields[$0] == .text },
            "an unknown field is accepted")
        promise(query.position == nil && !query.isBackward, "a list begins in its middle")
    }

    private func query(_ request: CursorListRequest) throws -> RecordQuery {
        var query = try cursors.query(request, teamID: team, of: FuzzedItem.self)
        // Planted: in an order of two fields a place without a value is one with an empty text.
        if isCanaryPlanted, query.order.count == 2, let position = query.position {
            query.position?.values = position.values.map { $0 ?? .text("") }
        }
        return query
    }

    private func walk(_ sorted: [FuzzedItem], _ request: CursorListRequest, _ randomness: inout Randomness) {
        var pages: [RecordPage<FuzzedItem>] = []
        var request = request
        repeat {
            guard let page = read(request, sorted) else { return promise(false, "a cursor that was given is refused") }
            promise(page.hasNext == !page.nextCursor.isEmpty, "a page has a next one and no cursor, or no next one")
            promise(page.hasPrevious == !page.previousCursor.isEmpty, "a page has one before and no cursor")
            pages.append(page)
            promise(pages.count <= sorted.count + 1, "the pages have no end")
            request.cursor = page.nextCursor
        } while !request.cursor.isEmpty
        promise(pages.flatMap(\.records).map(\.id) == sorted.map(\.id), "the pages are not the list")
        promise(pages[0].hasPrevious == false, "there is a page before the first")
        request.direction = "prev"
        guard pages.count > 1 else { return }
        // Back from one of them; the hash of the input says from which.
        let place = 1 + randomness.below(pages.count - 1)
        request.cursor = pages[place].previousCursor
        checkAltered(request, &randomness)
        guard let page = read(request, sorted) else { return promise(false, "a cursor back is refused") }
        promise(page.records.map(\.id) == pages[place - 1].records.map(\.id), "the page before is another one")
        promise(page.hasPrevious == (place > 1) && page.hasNext, "the page before lies elsewhere")
    }

    private func checkAltered(_ request: CursorListRequest, _ randomness: inout Randomness) {
        var other = request
        // One alteration for each input; the hash of the input says which.
        switch randomness.below(5) {
        case 0:
            promise(
                (try? cursors.query(request, teamID: "other", of: FuzzedItem.self)) == nil,
                "another team's cursor is accepted")
        case 1:
            promise(
                (try? cursors.query(request, teamID: team, of: OtherItem.self)) == nil,
                "another list's cursor is accepted")
        case 2:
            other.sort = request.sort.isEmpty ? [ListSort(field: "size")] : []
            guard request.sort.map(\.field) != ["created_at"] else { return }
            promise((try? query(other)) == nil, "another order's cursor is accepted")
        default:
            other.cursor = String(decoding: randomness.mutated(Array(request.cursor.utf8)), as: UTF8.self)
            promise(
                isSame(other.cursor, request.cursor) || other.cursor.isEmpty || (try? query(other)) == nil,
                "an altered cursor is accepted")
        }
    }

    /// Reads a page on this thread: nothing in it waits.
    private func read(_ request: CursorListRequest, _ sorted: [FuzzedItem]) -> RecordPage<FuzzedItem>? {
        guard let query = try? query(request) else { return nil }
        let cursors = self.cursors
        let result = Mutex<RecordPage<FuzzedItem>?>(nil)
        Task.immediate {
            let page = try? await cursors.page(query) { FuzzedItem.select($0, from: sorted) }
            result.withLock { $0 = page }
        }
        return result.withLock { $0 }
    }
}
