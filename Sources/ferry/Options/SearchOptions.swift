// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryWire

/// What the records of a list are searched for, and their order.
struct SearchOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Show only records with this text in one of their members.", valueName: "text"))
    var search: String?

    @Option(
        name: .customLong("sort"),
        help: ArgumentHelp(
            "Sort by this member, smallest first, or largest first with :desc. Can be given several times. (default: "
                + "created_at:desc)", valueName: "field[:asc|desc]"))
    var sortTexts: [String] = []

    func validate() throws { _ = try sortTexts.map(Self.sort) }

    /// Puts search and order into a request.
    ///
    /// - Throws: `ValidationError`.
    func apply(to request: inout CursorListRequest) throws {
        request.search = search.map { ListSearch(term: $0) }
        request.sort = try sortTexts.map(Self.sort)
    }

    /// Reads `FIELD`, `FIELD:asc` or `FIELD:desc`.
    static func sort(_ text: String) throws -> ListSort {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        let direction = parts.count == 2 ? ListSort.Direction(rawValue: parts[1]) : parts.count == 1 ? .asc : nil
        guard let direction, !parts[0].isEmpty else {
            throw ValidationError("'\(text)' is no order; write it as FIELD:asc or FIELD:desc, such as size:desc")
        }
        return ListSort(field: parts[0], direction: direction)
    }
}
