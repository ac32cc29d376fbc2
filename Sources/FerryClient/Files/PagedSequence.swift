// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// The records of a list over all its pages; a page is fetched when the iteration comes to it.
public struct PagedSequence<Item: JSONConvertible>: AsyncSequence, Sendable {
    /// A record.
    public typealias Element = Item

    private let request: CursorListRequest
    private let page: @Sendable (CursorListRequest) async throws -> CursorPage<Item>

    init(
        _ request: CursorListRequest, page: @escaping @Sendable (CursorListRequest) async throws -> CursorPage<Item>
    ) {
        self.request = request
        self.page = page
    }

    /// Goes through the records.
    public struct AsyncIterator: AsyncIteratorProtocol {
        private var request: CursorListRequest
        private let page: @Sendable (CursorListRequest) async throws -> CursorPage<Item>
        private var items: [Item] = []
        private var position = 0
        private var hasMore = true

        fileprivate init(_ sequence: PagedSequence) {
            request = sequence.request
            page = sequence.page
        }

        /// The next record; nil after the last one.
        ///
        /// - Throws: ``FerryError``.
        public mutating func next() async throws -> Item? {
            while position == items.count {
                guard hasMore else { return nil }
                let answer = try await page(request)
                items = answer.items
                position = 0
                // A cursor that does not move would go on for ever.
                hasMore = answer.hasNext && !answer.nextCursor.isEmpty && answer.nextCursor != request.cursor
                request.cursor = answer.nextCursor
            }
            defer { position += 1 }
            return items[position]
        }
    }

    /// A new pass from the first page on.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(self) }
}
