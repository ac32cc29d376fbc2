// SPDX-License-Identifier: Apache-2.0

/// A session's state, by its name on the wire.
public enum SessionStatus: String, Sendable, CaseIterable {
    /// Its worker is kept.
    case active
    /// It was ended by a call, or its worker was lost.
    case ended
    /// Nobody used it for longer than its idle time.
    case expired
}

/// A session as the API shows it: one worker of an app, kept for later calls.
public struct SessionDTO: JSONConvertible, Hashable {
    /// Id, 26 characters.
    public var id: String
    /// When it was begun.
    public var createdAt: Timestamp
    /// When it last changed.
    public var updatedAt: Timestamp
    /// Owner's id.
    public var userID: String
    /// Owning team's id.
    public var teamID: String
    /// The worker's id, or empty.
    public var workerID: String
    /// The app's id.
    public var appID: String
    /// Id of the version its calls run in.
    public var appVersionID: String
    /// Its state.
    public var status: SessionStatus
    /// When it expires unless it is used.
    public var expiresAt: Timestamp
    /// When it ended; nil while it is active.
    public var endedAt: Timestamp?
    /// The task that began it.
    public var taskID: String?
    /// How many tasks were made in it.
    public var callCount: Int64
    /// When the last one was made.
    public var lastCallAt: Timestamp?
    /// Seconds it stays without a call.
    public var idleTimeout: Int64?

    /// A record of these values.
    public init(
        id: String, createdAt: Timestamp, updatedAt: Timestamp, userID: String = "", teamID: String = "",
        workerID: String = "", appID: String = "", appVersionID: String = "", status: SessionStatus = .active,
        expiresAt: Timestamp, endedAt: Timestamp? = nil, taskID: String? = nil, callCount: Int64 = 0,
        lastCallAt: Timestamp? = nil, idleTimeout: Int64? = nil
    ) {
        self.id = id
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.userID = userID
        self.teamID = teamID
        self.workerID = workerID
        self.appID = appID
        self.appVersionID = appVersionID
        self.status = status
        self.expiresAt = expiresAt
        self.endedAt = endedAt
        self.taskID = taskID
        self.callCount = callCount
        self.lastCallAt = lastCallAt
        self.idleTimeout = idleTimeout
    }

    public init(json: JSONValue) throws(WireFormatError) {
        let reader = try JSONReader(json)
        id = try reader.required("id", try reader.string("id"))
        createdAt = try reader.time("created_at") ?? Timestamp(seconds: 0)
        updatedAt = try reader.time("updated_at") ?? createdAt
        userID = try reader.string("user_id") ?? ""
        teamID = try reader.string("team_id") ?? ""
        workerID = try reader.string("worker_id") ?? ""
        appID = try reader.string("app_id") ?? ""
        appVersionID = try reader.string("app_version_id") ?? ""
        // A state of a later version is none that calls can go on in.
        status = try reader.string("status").map { SessionStatus(rawValue: $0) ?? .ended } ?? .active
        expiresAt = try reader.time("expires_at") ?? createdAt
        endedAt = try reader.time("ended_at")
        taskID = try reader.string("task_id")
        callCount = try reader.integer("call_count") ?? 0
        lastCallAt = try reader.time("last_call_at")
        idleTimeout = try reader.integer("idle_timeout")
    }

    public var json: JSONValue {
        [
            "id": .string(id), "short_id": .string(Identifier.short(id)), "created_at": .time(createdAt),
            "updated_at": .time(updatedAt), "deleted_at": nil, "user_id": .string(userID),
            "team_id": .string(teamID), "user": nil, "team": nil, "visibility": "team",
            "worker_id": .string(workerID), "app_id": .string(appID), "app_version_id": .string(appVersionID),
            "status": .string(status.rawValue), "expires_at": .time(expiresAt), "ended_at": .optional(endedAt),
            "task_id": .optional(taskID), "call_count": .integer(callCount),
            "last_call_at": .optional(lastCallAt), "idle_timeout": .optional(idleTimeout),
        ]
    }
}
