// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// A session as the server knows it: one worker, kept for the calls of one caller.
public struct SessionRecord: Sendable, Hashable {
    /// Id, 26 characters.
    public var id: String
    /// Owning team.
    public var teamID: String
    /// Who began it.
    public var userID: String
    /// When it was begun.
    public var createdAt: Timestamp
    /// When it last changed.
    public var updatedAt: Timestamp
    /// Its state.
    public var status: SessionStatus
    /// The app's reference, `namespace/name`.
    public var app: String
    /// The app's id.
    public var appID: String
    /// The version all of its calls run in.
    public var appVersionID: String
    /// What its worker is set up with.
    public var setup: JSONValue
    /// The task that began it.
    public var taskID: String
    /// Seconds it stays without a call.
    public var idleTimeout: Int64
    /// When it expires unless it is used.
    public var expiresAt: Timestamp
    /// When it ended; nil while it is active.
    public var endedAt: Timestamp?
    /// How many tasks were made in it.
    public var callCount: Int64
    /// When the last one was made.
    public var lastCallAt: Timestamp?
    /// The process that keeps its worker; nil until there is one.
    public var owner: String?

    /// A record of these values.
    public init(
        id: String, teamID: String, userID: String, createdAt: Timestamp, updatedAt: Timestamp,
        status: SessionStatus = .active, app: String, appID: String, appVersionID: String, setup: JSONValue = .null,
        taskID: String, idleTimeout: Int64, expiresAt: Timestamp, endedAt: Timestamp? = nil, callCount: Int64 = 0,
        lastCallAt: Timestamp? = nil, owner: String? = nil
    ) {
        self.id = id
        self.teamID = teamID
        self.userID = userID
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.status = status
        self.app = app
        self.appID = appID
        self.appVersionID = appVersionID
        self.setup = setup
        self.taskID = taskID
        self.idleTimeout = idleTimeout
        self.expiresAt = expiresAt
        self.endedAt = endedAt
        self.callCount = callCount
        self.lastCallAt = lastCallAt
        self.owner = owner
    }

    /// The record as the API shows it. Workers have no names outside of the server.
    package var shown: SessionDTO {
        SessionDTO(
            id: id, createdAt: createdAt, updatedAt: updatedAt, userID: userID, teamID: teamID, workerID: "",
            appID: appID, appVersionID: appVersionID, status: status, expiresAt: expiresAt, endedAt: endedAt,
            taskID: taskID, callCount: callCount, lastCallAt: lastCallAt, idleTimeout: idleTimeout)
    }
}
