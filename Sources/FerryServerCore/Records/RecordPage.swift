// SPDX-License-Identifier: Apache-2.0

package import FerryWire

/// One page of records with the cursors of its neighbours.
package struct RecordPage<Record: Sendable>: Sendable {
    package var records: [Record]
    package var nextCursor: String
    package var previousCursor: String
    package var hasNext: Bool
    package var hasPrevious: Bool
    package var pageSize: Int

    /// The page with something else in each record's place.
    func map<Other: Sendable>(_ transform: (Record) -> Other) -> RecordPage<Other> {
        RecordPage<Other>(
            records: records.map(transform), nextCursor: nextCursor, previousCursor: previousCursor, hasNext: hasNext,
            hasPrevious: hasPrevious, pageSize: pageSize)
    }

    /// The page as the API shows it.
    package func present<Item: JSONConvertible>(_ transform: (Record) -> Item) -> CursorPage<Item> {
        CursorPage(
            items: records.map(transform), nextCursor: nextCursor, previousCursor: previousCursor, hasNext: hasNext,
            hasPrevious: hasPrevious, itemsPerPage: Int64(pageSize))
    }
}
