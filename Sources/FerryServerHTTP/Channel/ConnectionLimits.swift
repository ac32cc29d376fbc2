// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Every limit of a connection, in one place.
package struct ConnectionLimits: Sendable, Hashable {
    /// How long a connection may be silent while its request is coming or none is under way, in milliseconds. 75 s.
    package var idleTimeout: Int64 = 75_000
    /// How long a request's head may take from its first byte, or a new connection's first head, in milliseconds. 10 s.
    package var headTimeout: Int64 = 10_000
    /// Over how long the rate of a body is measured, in milliseconds of waiting for it. 20 s.
    package var rateWindow: Int64 = 20_000
    /// Least bytes of a body in a second. 1 KiB.
    package var minimumRate: Int64 = 1024
    /// How long a client may take no byte of its answer, in milliseconds. 30 s.
    package var writeTimeout: Int64 = 30_000
    /// How long the rest of a refused request is dropped before the connection is closed, in milliseconds. 2 s.
    package var lingerTime: Int64 = 2000
    /// Most bytes of a request line with all headers. 80 KiB.
    package var maximumHeadSize = 80 << 10
    /// Most headers of a request. 256.
    package var maximumFields = 256
    /// Most empty lines before a request. 4.
    package var maximumEmptyLines = 4
    /// Most bytes of a body that are read before a route asks for it. 64 KiB.
    package var maximumUnaskedBody = 64 << 10
    /// Most bytes that wait in the kernel unsent, on each connection. 256 KiB.
    package var maximumUnsent = 256 << 10
    /// Most connections at once; more are told to come back. 2,048, fewer if the process may open few files.
    package var maximumConnections = ConnectionLimits.connections(within: ConnectionLimits.openFileLimit)
    /// Most connections above ``maximumConnections`` that are told so; those beyond are closed without a word. 64, fewer
    /// if the process may open few files.
    package var maximumRefusals = min(64, ConnectionLimits.connections(within: ConnectionLimits.openFileLimit) / 4)

    /// The defaults.
    package init() {}

    /// Descriptors kept for everything that is no connection: records, logs, apps, listening.
    private static let reservedDescriptors = 32

    /// How many connections fit, with a file open for each.
    static func connections(within descriptors: Int) -> Int {
        max(4, min(2048, (descriptors - reservedDescriptors) / 2))
    }

    private static var openFileLimit: Int {
        var limit = rlimit()
        #if canImport(Darwin)
        let result = getrlimit(RLIMIT_NOFILE, &limit)
        #else
        let result = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        #endif
        guard result == 0 else { return 1024 }
        return Int(clamping: limit.rlim_cur)
    }
}
