// SPDX-License-Identifier: Apache-2.0

/// The only error the server's rules throw, besides `CancellationError`.
///
/// Its message is shown to callers: it says what was wrong and how to remedy it, and carries no secret, no path of the
/// server and nothing of other teams.
public struct ServerError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it is. New codes may be added.
    public struct Code: RawRepresentable, Sendable, Hashable {
        /// The code on the wire.
        public var rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }

        public static let invalidRequest = Code(rawValue: "invalid_request")
        public static let validation = Code(rawValue: "validation_error")
        public static let unauthorized = Code(rawValue: "unauthorized")
        public static let forbidden = Code(rawValue: "forbidden")
        public static let insufficientScope = Code(rawValue: "insufficient_scope")
        public static let requiresSignIn = Code(rawValue: "requires_sign_in")
        public static let notFound = Code(rawValue: "not_found")
        /// What was sent names a file that is not there, or not for this caller.
        public static let fileNotFound = Code(rawValue: "file_not_found")
        public static let methodNotAllowed = Code(rawValue: "method_not_allowed")
        public static let conflict = Code(rawValue: "conflict")
        public static let invalidTransition = Code(rawValue: "invalid_transition")
        public static let signatureInvalid = Code(rawValue: "signature_invalid")
        public static let urlExpired = Code(rawValue: "url_expired")
        public static let payloadTooLarge = Code(rawValue: "payload_too_large")
        public static let incompleteBody = Code(rawValue: "incomplete_body")
        public static let sizeMismatch = Code(rawValue: "size_mismatch")
        public static let digestMismatch = Code(rawValue: "digest_mismatch")
        public static let unsupportedMediaType = Code(rawValue: "unsupported_media_type")
        public static let headersTooLarge = Code(rawValue: "headers_too_large")
        public static let tooSlow = Code(rawValue: "too_slow")
        public static let storageFull = Code(rawValue: "storage_full")
        public static let taskFailed = Code(rawValue: "task_failed")
        public static let taskCancelled = Code(rawValue: "task_cancelled")
        public static let sessionNotFound = Code(rawValue: "SESSION_NOT_FOUND")
        public static let sessionExpired = Code(rawValue: "SESSION_EXPIRED")
        public static let sessionEnded = Code(rawValue: "SESSION_ENDED")
        public static let workerLost = Code(rawValue: "WORKER_LOST")
        public static let workerLeased = Code(rawValue: "WORKER_LEASED")
        public static let appMismatch = Code(rawValue: "APP_MISMATCH")
        public static let versionMismatch = Code(rawValue: "VERSION_MISMATCH")
        public static let unavailable = Code(rawValue: "unavailable")
        public static let internalError = Code(rawValue: "internal_error")
    }

    /// What kind of failure it is.
    public var code: Code
    /// What was wrong and how to remedy it.
    public var message: String
    /// What led to it; for the log only.
    public var cause: (any Error)?

    /// A failure.
    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    public var description: String { "\(code.rawValue): \(message)" }

    /// There is no such record, or not for this caller: the two look the same.
    public static func notFound(_ kind: String) -> ServerError {
        ServerError(.notFound, "no such \(kind); check the id and that the key belongs to its team")
    }
}
