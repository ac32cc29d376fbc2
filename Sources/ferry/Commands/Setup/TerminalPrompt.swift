// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Asks a person for lines, or takes them from standard input where that is no terminal.
struct TerminalPrompt {
    /// Most bytes of a line.
    private static let maximumLength = 64 << 10

    /// Whether somebody can be asked.
    let isTerminal = isatty(STDIN_FILENO) == 1

    private var chunks = DescriptorChunks.standardInput.makeAsyncIterator()
    private var rest: [UInt8] = []
    private var isAtEnd = false

    /// Asks for a line.
    ///
    /// - Parameter isHidden: whether what is typed stays invisible.
    /// - Returns: the line without its end and without blanks around it; empty at the end of the input.
    /// - Throws: ``CommandFailure``, `CancellationError`; the terminal is as before then.
    mutating func line(_ question: String, isHidden: Bool = false) async throws -> String {
        guard isTerminal else { return try await line() }
        // Before the question: an answer that comes at once must not be shown either.
        let before = isHidden ? Self.hideInput() : nil
        defer { Self.restore(before) }
        try await OutputDescriptor.standardError.write(Array(question.utf8))
        let answer = try await line()
        // The line's end was typed unseen.
        if before != nil { try await OutputDescriptor.standardError.write([UInt8(ascii: "\n")]) }
        return answer
    }

    private mutating func line() async throws -> String {
        while !rest.contains(UInt8(ascii: "\n")), !isAtEnd {
            guard rest.count <= Self.maximumLength else {
                throw CommandFailure(.refused, "the line on standard input is too long for what was asked")
            }
            if let chunk = try await chunks.next() { rest += chunk } else { isAtEnd = true }
        }
        let line = rest.prefix { $0 != UInt8(ascii: "\n") }
        rest.removeFirst(min(rest.count, line.count + 1))
        let end = line.lastIndex { $0 > 0x20 }.map { $0 + 1 } ?? line.startIndex
        return String(decoding: line[..<end].drop { $0 <= 0x20 }, as: UTF8.self)
    }

    /// Turns the echo off.
    ///
    /// - Returns: how the terminal was; nil if it is none.
    private static func hideInput() -> termios? {
        var before = termios()
        guard tcgetattr(STDIN_FILENO, &before) == 0 else { return nil }
        var hidden = before
        hidden.c_lflag &= ~tcflag_t(ECHO)
        guard tcsetattr(STDIN_FILENO, TCSANOW, &hidden) == 0 else { return nil }
        return before
    }

    private static func restore(_ before: termios?) {
        guard var before else { return }
        tcsetattr(STDIN_FILENO, TCSANOW, &before)
    }
}
