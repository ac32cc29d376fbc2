// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Writing to a process that has ended must be an error, not the end of the server.
enum BrokenPipes {
    private static let ignored: Void = { _ = signal(SIGPIPE, SIG_IGN) }()

    /// Ignores `SIGPIPE` in this process; its children start with the default again.
    static func ignore() { ignored }
}
