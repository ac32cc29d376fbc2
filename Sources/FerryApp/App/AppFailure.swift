// SPDX-License-Identifier: Apache-2.0

/// Why a task failed, in words for the caller.
///
/// The message is shown as it stands: name files by their names, never by paths on this machine.
public struct AppFailure: Error, Sendable, CustomStringConvertible {
    /// A short name for the kind of failure, safe for metrics. Apps may have their own.
    public struct Code: RawRepresentable, Sendable, Hashable {
        /// Lower-case words joined by `_`.
        public var rawValue: String

        /// A code of that name.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// The input cannot be worked on; the same input will fail again.
        public static let invalidInput = Code(rawValue: "invalid_input")
        /// The work failed for another reason.
        public static let failed = Code(rawValue: "failed")
        /// The process holds no app of that name.
        public static let unknownApp = Code(rawValue: "unknown_app")
        /// The app has no function of that name.
        public static let unknownFunction = Code(rawValue: "unknown_function")
        /// The process works on another task.
        public static let busy = Code(rawValue: "busy")
        /// The app was not set up before it was to run.
        public static let notReady = Code(rawValue: "not_ready")
        /// The app returned something that cannot be handed on.
        public static let invalidOutput = Code(rawValue: "invalid_output")
        /// The app threw an error of another type.
        public static let internalError = Code(rawValue: "internal")
    }

    /// The kind of failure.
    public var code: Code
    /// What happened and what to do about it.
    public var message: String
    /// What caused it; goes to the log only.
    public var cause: (any Error)?

    /// A failure with a message for the caller.
    public init(_ message: String, code: Code = .failed, cause: (any Error)? = nil) {
        self.message = message
        self.code = code
        self.cause = cause
    }

    public var description: String { message }
}
