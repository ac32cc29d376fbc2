// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// What apps there are and how they are run.
public protocol AppRunner: Sendable {
    /// All apps, in their current version.
    func apps() async throws -> [AppDTO]

    /// Folders of a task's own, made fresh.
    func workspace(taskID: String) async throws -> any TaskWorkspace

    /// Runs a task to its end. Cancelling the Swift task stops the app.
    ///
    /// - Parameter events: told of logs and progress, in order; the app waits while it runs.
    /// - Returns: what the app returned, with files as `{"path":…}` inside the workspace.
    /// - Throws: ``AppFailure`` if the app failed; `CancellationError`.
    func run(
        _ job: AppJob, in workspace: any TaskWorkspace, events: @escaping @Sendable (AppEvent) async -> Void
    ) async throws -> JSONValue
}

/// One task for an app.
public struct AppJob: Sendable, Hashable {
    /// The task's id.
    public var taskID: String
    /// The app's reference, `namespace/name`.
    public var app: String
    /// The function to call.
    public var function: String
    /// The input, each file as `{"path","content_type","filename","size"}`.
    public var input: JSONValue

    /// A job.
    public init(taskID: String, app: String, function: String, input: JSONValue) {
        self.taskID = taskID
        self.app = app
        self.function = function
        self.input = input
    }
}

/// What an app tells while it works.
public enum AppEvent: Sendable, Hashable {
    /// Text, with line ends.
    case log(String)
    /// How far it is, 0 to 1, and in words.
    case progress(fraction: Double?, message: String?)
    /// A result so far.
    case partial(JSONValue)
}

/// An app failed. The message is for the caller.
public struct AppFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// What went wrong, in the app's words.
    public var message: String
    /// Whether another attempt could do better: the app died rather than refused.
    public var isRetryable: Bool

    /// A failure.
    public init(message: String, isRetryable: Bool = false) {
        self.message = message
        self.isRetryable = isRetryable
    }

    public var description: String { message }
}

/// Folders of one task.
public protocol TaskWorkspace: Sendable {
    /// Puts stored bytes where the app can read them, as a file of its own, and gives the path.
    ///
    /// - Parameter filename: a label; the file's name is made safe and unique.
    func place(_ blob: any BlobReader, filename: String) async throws -> String

    /// Opens a file the app made; nil if the path is not a regular file inside the output folder, links not followed.
    func open(output path: String) async throws -> (any BlobReader)?

    /// Removes everything. Harmless twice.
    func remove() async
}
