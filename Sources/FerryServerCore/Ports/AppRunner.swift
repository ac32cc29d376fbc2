// SPDX-License-Identifier: Apache-2.0

public import FerryWire
public import NIOCore

/// What apps there are and how they are run.
public protocol AppRunner: Sendable {
    /// All apps that can be run, in their current version.
    func apps() async throws -> [AppDTO]

    /// A version of an app, an older one too while it is kept; nil if there is none.
    ///
    /// - Parameters:
    ///   - version: a version's id, or its first eight characters.
    ///   - app: the app's reference, `namespace/name`.
    func version(_ version: String, of app: String) async throws -> AppDTO?

    /// Takes a worker for a task: waits for a free one, starts it and sets it up if need be. Cancelling the Swift task
    /// gives up.
    ///
    /// - Parameter events: told of logs and of a setup that begins, in order.
    /// - Throws: ``AppFailure`` if the app could not be started or set up; `CancellationError`.
    func lease(
        for job: AppJob, events: @escaping @Sendable (AppEvent) async -> Void
    ) async throws -> any AppLease

    /// Lets go of the worker that is kept for a session. Harmless if there is none.
    func endSession(_ id: String) async
}

/// A worker that is one task's until it is released.
public protocol AppLease: Sendable {
    /// The task's folders, made fresh, which the worker can see.
    var workspace: any TaskWorkspace { get }

    /// Runs the task to its end. To be called once. Cancelling the Swift task stops the app.
    ///
    /// - Parameters:
    ///   - input: the input, each file as `{"path","content_type","filename","size"}`.
    ///   - events: told of logs and progress, in order; the app waits while it runs.
    /// - Returns: what the app returned, with files as `{"path":…}`.
    /// - Throws: ``AppFailure`` if the app failed; `CancellationError`.
    func run(
        input: JSONValue, events: @escaping @Sendable (AppEvent) async -> Void
    ) async throws -> JSONValue

    /// Removes the folders and gives the worker back, or ends it if it cannot be used again. Harmless twice.
    func release() async
}

/// One task for an app.
public struct AppJob: Sendable, Hashable {
    /// The task's id.
    public var taskID: String
    /// The app's reference, `namespace/name`.
    public var app: String
    /// The app's version.
    public var versionID: String
    /// The function to call.
    public var function: String
    /// What the app is set up with; null for nothing. Only a worker with an equal setup may run the task.
    public var setup: JSONValue
    /// The task's team. No worker is ever shared by two teams.
    public var teamID: String
    /// Who made the task.
    public var userID: String
    /// The session that the task belongs to, whose worker alone may run it; nil for none.
    public var session: String?
    /// Whether it is a language model's turn of a chat, which waits for a network rather than for the processor.
    public var isChat: Bool

    /// A job.
    public init(
        taskID: String, app: String, versionID: String, function: String, setup: JSONValue = .null,
        teamID: String, userID: String, session: String? = nil, isChat: Bool = false
    ) {
        self.taskID = taskID
        self.app = app
        self.versionID = versionID
        self.function = function
        self.setup = setup
        self.teamID = teamID
        self.userID = userID
        self.session = session
        self.isChat = isChat
    }
}

/// What an app tells while it works.
public enum AppEvent: Sendable, Hashable {
    /// Text, with line ends.
    case log(String, kind: TaskLogDTO.Kind = .run)
    /// How far it is, 0 to 1, and in words.
    case progress(fraction: Double?, message: String?)
    /// A result so far.
    case partial(JSONValue)
    /// An increment of a language model's answer: members of LLMDelta.
    case delta(JSONValue)
    /// A fresh worker is being made ready.
    case settingUp
}

/// An app failed. The message is for the caller.
public struct AppFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// What went wrong, in the app's words.
    public var message: String
    /// Whether another attempt could do better: the app died rather than refused.
    public var isRetryable: Bool
    /// Whether the app may have seen the task. If not, another worker can have it as if nothing had happened.
    public var wasBegun: Bool

    /// A failure.
    public init(message: String, isRetryable: Bool = false, wasBegun: Bool = true) {
        self.message = message
        self.isRetryable = isRetryable
        self.wasBegun = wasBegun
    }

    public var description: String { message }
}

/// Folders of one task.
public protocol TaskWorkspace: Sendable {
    /// Puts stored bytes where the app can read them, as a file of its own, and gives the path.
    ///
    /// - Parameter filename: a label; the file's name is made safe and unique.
    func place(_ blob: any BlobReader, filename: String) async throws -> String

    /// Puts bytes that come from elsewhere where the app can read them, and gives the path.
    func place(_ chunks: any AsyncSequence<ByteBuffer, any Error> & Sendable, filename: String) async throws -> String

    /// Opens a file the app made; nil if the path is not a regular file in a place where apps may leave files, links not
    /// followed.
    func open(output path: String) async throws -> (any BlobReader)?

    /// Removes everything. Harmless twice.
    func remove() async
}
