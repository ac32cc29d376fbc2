// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// Where a command speaks: data on standard output, everything else on standard error.
struct Console: Sendable {
    /// How data is shown.
    enum Format: Sendable {
        /// For people.
        case human
        /// One JSON value a line.
        case json
        /// Only ids, addresses or paths.
        case quiet
    }

    /// How data is shown.
    let format: Format
    /// Whether notes and progress are left out.
    let isQuiet: Bool

    /// A line of data.
    func line(_ text: String) async throws { try await data(Array(text.utf8) + [UInt8(ascii: "\n")]) }

    /// Lines of data, in one piece.
    func lines(_ lines: [String]) async throws {
        try await data(lines.flatMap { Array($0.utf8) + [UInt8(ascii: "\n")] })
    }

    /// A line of compact JSON.
    func json(_ value: JSONValue) async throws { try await data(value.serialized() + [UInt8(ascii: "\n")]) }

    /// Bytes of data.
    func data(_ bytes: [UInt8]) async throws { try await OutputDescriptor.standardOutput.write(bytes) }

    /// A line for the person at the terminal, unless quiet: `ferry: …`.
    func note(_ text: String) async { await notice("ferry: \(Printable.line(text))\n") }

    /// A failure that does not end the command: a line on standard error, quiet or not, or an object with JSON.
    func failure(_ outcome: Outcome) async throws {
        guard format != .json else { return try await json(outcome.json) }
        try? await OutputDescriptor.standardError.write(Array("\(outcome.line)\n".utf8))
    }

    /// What somebody has to do before it goes on: a line on standard error, quiet or not.
    func appeal(_ text: String) async {
        try? await OutputDescriptor.standardError.write(Array("ferry: \(Printable.line(text))\n".utf8))
    }

    /// Text for the person at the terminal, unless quiet.
    func notice(_ text: String) async {
        guard !isQuiet else { return }
        // If nobody reads standard error any more, the work goes on all the same.
        try? await OutputDescriptor.standardError.write(Array(text.utf8))
    }
}
