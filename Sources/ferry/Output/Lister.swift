// SPDX-License-Identifier: Apache-2.0

import FerryClient
import FerryWire

/// Shows a list of records: a table, JSON lines, or only ids.
struct Lister<Item: JSONConvertible> {
    /// Rows of a table that are measured together when everything is listed.
    private let rowsPerTable = 200

    let headings: [String]
    let rightAligned: Set<Int>
    /// What is shown of a record with `--quiet`.
    let quiet: (Item) -> String
    /// A record's cells.
    let cells: (Item) -> [String]

    /// A list of these columns.
    init(
        headings: [String], rightAligned: Set<Int> = [], quiet: @escaping (Item) -> String,
        cells: @escaping (Item) -> [String]
    ) {
        self.headings = headings
        self.rightAligned = rightAligned
        self.quiet = quiet
        self.cells = cells
    }

    /// Shows the page or all pages that the options ask for.
    func run(
        _ options: ListOptions, _ search: SearchOptions?, _ console: Console,
        page: (CursorListRequest) async throws -> CursorPage<Item>
    ) async throws {
        var request = try options.request()
        try search?.apply(to: &request)
        guard options.all else {
            let answer = try await Self.answer(request, page)
            try await show(answer.items, console)
            if answer.hasNext, !answer.nextCursor.isEmpty {
                await console.note("there are more; go on with --cursor \(answer.nextCursor)")
            }
            return
        }
        var gathered: [Item] = []
        while true {
            let answer = try await Self.answer(request, page)
            gathered += answer.items
            if gathered.count >= rowsPerTable {
                try await show(gathered, console)
                gathered = []
            }
            // A cursor that does not move would go on for ever.
            guard answer.hasNext, !answer.nextCursor.isEmpty, answer.nextCursor != request.cursor else { break }
            request.cursor = answer.nextCursor
        }
        try await show(gathered, console)
    }

    private static func answer(
        _ request: CursorListRequest, _ page: (CursorListRequest) async throws -> CursorPage<Item>
    ) async throws -> CursorPage<Item> {
        do {
            return try await page(request)
        } catch var error as FerryError where error.status != nil {
            error.message = Wording.ofList(error.message)
            throw error
        }
    }

    /// Shows some records.
    func show(_ items: [Item], _ console: Console) async throws {
        switch console.format {
        case .json: try await console.lines(items.map { "\($0.json)" })
        case .quiet: try await console.lines(items.map(quiet))
        case .human:
            var table = Table(headings, rightAligned: rightAligned)
            for item in items { table.add(cells(item)) }
            try await console.lines(table.lines)
        }
    }
}
