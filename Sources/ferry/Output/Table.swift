// SPDX-License-Identifier: Apache-2.0

/// Rows under headings, each column as wide as its widest cell.
struct Table {
    private let headings: [String]
    private let rightAligned: Set<Int>
    private var rows: [[String]] = []

    /// A table without rows.
    ///
    /// - Parameter rightAligned: the columns of numbers.
    init(_ headings: [String], rightAligned: Set<Int> = []) {
        self.headings = headings
        self.rightAligned = rightAligned
    }

    /// Adds a row of as many cells as there are headings; they are cleaned for the terminal.
    mutating func add(_ cells: [String]) { rows.append(cells.map(Printable.line)) }

    /// The lines, headings first; none if there is no row.
    var lines: [String] {
        guard !rows.isEmpty else { return [] }
        let all = [headings] + rows
        let widths = headings.indices.map { column in all.map { Self.width($0[column]) }.max() ?? 0 }
        return all.map { cells in
            var line = ""
            for (column, cell) in cells.enumerated() {
                let padding = String(repeating: " ", count: widths[column] - Self.width(cell))
                if column > 0 { line += "  " }
                if rightAligned.contains(column) {
                    line += padding + cell
                } else {
                    line += column == cells.count - 1 ? cell : cell + padding
                }
            }
            return line
        }
    }

    /// Columns of a terminal that a text takes; wide scripts count as two a character.
    static func width(_ text: String) -> Int {
        text.reduce(0) { sum, character in
            let first = character.unicodeScalars.first?.value ?? 0
            let isWide =
                (0x1100...0x115F).contains(first) || (0x2E80...0xA4CF).contains(first)
                || (0xAC00...0xD7A3).contains(first) || (0xF900...0xFAFF).contains(first)
                || (0xFF00...0xFF60).contains(first) || (0x1F300...0x1FAFF).contains(first)
            return sum + (isWide ? 2 : 1)
        }
    }
}
