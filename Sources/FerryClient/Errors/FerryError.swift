// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// The one error type of this module. Cancellation is not among them: it is thrown as `CancellationError`.
public struct FerryError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure this is; compare with the constants of ``Code-swift.struct``.
    public var code: Code
    /// What happened and how to remedy it. Never holds keys, signatures, address queries or file content.
    public var message: String
    /// HTTP status of the answer, if there was one.
    public var status: Int?
    /// The server's own code for the problem, if it gave one.
    public var serverCode: String?
    /// The task concerned, for failures of tasks.
    public var taskID: String?
    /// The place in the input concerned, for failures of automatic upload.
    public var pointer: JSONPointer?
    /// The cause, if another error was at the bottom.
    public var underlying: (any Error)?
    /// Whether the same call may succeed later. Calls that are safe to repeat have been repeated already.
    public var isRetryable: Bool

    /// How long the server asked to wait.
    var retryAfter: Duration?
    /// Whether the request certainly never left this machine.
    var wasNeverSent = false

    /// An error of these values.
    public init(
        _ code: Code, _ message: String, status: Int? = nil, serverCode: String? = nil, taskID: String? = nil,
        pointer: JSONPointer? = nil, underlying: (any Error)? = nil, isRetryable: Bool = false
    ) {
        self.code = code
        self.message = message
        self.status = status
        self.serverCode = serverCode
        self.taskID = taskID
        self.pointer = pointer
        self.underlying = underlying
        self.isRetryable = isRetryable
    }

    /// The message.
    public var description: String { message }

    /// A form without any value of the call, safe as a metric's label: `rate_limited 429`.
    public var shortDescription: String { status.map { "\(code) \($0)" } ?? code.description }

    /// The same error with a place in front of its message.
    func at(_ pointer: JSONPointer) -> FerryError {
        var copy = self
        copy.pointer = pointer
        copy.message = "\(pointer.tokens.isEmpty ? "input" : "\(pointer)"): \(message)"
        return copy
    }

    /// The same error with these words in front of its message.
    func prefixed(_ words: String) -> FerryError {
        var copy = self
        copy.message = "\(words): \(message)"
        return copy
    }

    /// The same error of a request that may have been carried out: not to be made again blindly. The advice is put in
    /// the place of an advice to try again.
    func inDoubt(_ advice: String) -> FerryError {
        var copy = self
        copy.isRetryable = false
        for old in ["; try again", "; try again later"] where copy.message.hasSuffix(old) {
            copy.message.removeLast(old.count)
        }
        copy.message += "; \(advice)"
        return copy
    }

    /// The answer had not the expected form.
    static func unexpectedAnswer(_ reason: String, underlying: (any Error)? = nil) -> FerryError {
        FerryError(
            .server, "the server's answer could not be read: \(reason); check that the base address is an API server",
            underlying: underlying)
    }

    /// The client was used after it was shut down.
    static let closed = FerryError(.closed, "this Ferry has been shut down; make a new one")
}
