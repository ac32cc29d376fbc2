// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// What is known of the terminal.
enum Terminal {
    /// Columns assumed when the terminal does not say.
    private static let defaultColumns = 80

    /// Whether standard error is a terminal that can redraw a line.
    static func canRedraw(environment: [String: String]) -> Bool {
        isatty(STDERR_FILENO) == 1 && environment["TERM"] != "dumb"
    }

    /// Whether standard output is a terminal.
    static var isOutput: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Whether colours are welcome: not if `NO_COLOR` is set to anything.
    static func wantsColour(environment: [String: String]) -> Bool { (environment["NO_COLOR"] ?? "").isEmpty }

    /// Columns of standard error's terminal.
    static var columns: Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return defaultColumns }
        return Int(size.ws_col)
    }
}
