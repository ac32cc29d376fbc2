// SPDX-License-Identifier: Apache-2.0

/// Why something of somebody else's could not be had. The message names the origin at most: paths and queries of
/// addresses may be secrets.
public struct FetchError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it is. New codes may be added.
    public struct Code: RawRepresentable, Sendable, Hashable {
        /// A short name.
        public var rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }

        /// The guard allows no such address.
        public static let refused = Code(rawValue: "refused")
        /// The name has no address, or nobody answers there.
        public static let unreachable = Code(rawValue: "unreachable")
        /// The other side's certificate is not to be trusted, or it speaks no TLS.
        public static let tls = Code(rawValue: "tls")
        /// More bytes than allowed.
        public static let tooLarge = Code(rawValue: "too_large")
        /// Too slow, or silent.
        public static let timedOut = Code(rawValue: "timed_out")
        /// The body broke off.
        public static let truncated = Code(rawValue: "truncated")
        /// The body came in another coding than asked for.
        public static let encoded = Code(rawValue: "encoded")
        /// Too many redirects, or a circle of them.
        public static let redirects = Code(rawValue: "redirects")
    }

    /// What kind of failure it is.
    public var code: Code
    /// What happened and what to do about it.
    public var message: String
    /// What led to it; not for logs that others read.
    public var cause: (any Error)?

    init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// Whether another try could do better.
    public var isRetryable: Bool { [.unreachable, .timedOut, .truncated].contains(code) }

    public var description: String { "\(code.rawValue): \(message)" }
}
