// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// What the host tells of a task and of the worker. Whatever it does not tell is nil.
public struct TaskMetadata: Sendable, Hashable {
    /// The task's id; nil during the setup.
    public var taskID: String?
    /// The team the task is run for.
    public var teamID: String?
    /// The user the task is run for.
    public var userID: String?
    /// The app's id.
    public var appID: String?
    /// The id of the app's version.
    public var appVersionID: String?
    /// The id of the worker, which this process is.
    public var workerID: String?
    /// The session the task belongs to; nil for a task on its own.
    public var sessionID: String?

    /// Metadata that tells nothing.
    public init() {}

    init(json: JSONValue?) {
        func text(_ key: String) -> String? { json?[key]?.stringValue }
        taskID = text("task_id")
        teamID = text("team_id")
        userID = text("user_id")
        appID = text("app_id")
        appVersionID = text("app_version_id")
        workerID = text("worker_id")
        sessionID = text("session_id")
    }
}
