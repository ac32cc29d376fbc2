// SPDX-License-Identifier: Apache-2.0

/// A task's record as the API shows it.
public struct TaskDTO: JSONConvertible, Hashable {
    /// Id, 26 characters.
    public var id: String
    /// When the task was made.
    public var createdAt: Timestamp
    /// When it last changed.
    public var updatedAt: Timestamp
    /// Owner's id.
    public var userID: String
    /// Owning team's id.
    public var teamID: String
    /// Its state.
    public var status: TaskStatus
    /// The app's id.
    public var appID: String
    /// The app's version id.
    public var appVersionID: String
    /// The app's reference, `namespace/name`.
    public var app: String
    /// The function called.
    public var function: String
    /// What the app was given.
    public var input: JSONValue
    /// What the app was set up with.
    public var setup: JSONValue
    /// Seconds its session stays without a call; nil outside of sessions.
    public var sessionTimeout: Int64?
    /// The chat whose message it writes; nil for none.
    public var chatID: String?
    /// What the app returned; null until then.
    public var output: JSONValue
    /// Why the task failed.
    public var error: String?
    /// The session it ran in.
    public var sessionID: String?
    /// When it was to start; nil for at once.
    public var runAt: Timestamp?
    /// Where its end is told.
    public var webhook: String?
    /// Its state changes, oldest first.
    public var events: [TaskEventDTO]
    /// What it logged.
    public var logs: [TaskLogDTO]

    /// A record of these values.
    public init(
        id: String, createdAt: Timestamp, updatedAt: Timestamp, userID: String = "", teamID: String = "",
        status: TaskStatus, appID: String = "", appVersionID: String = "", app: String = "",
        sessionTimeout: Int64? = nil,
        function: String = "run", input: JSONValue = .null, setup: JSONValue = .null, output: JSONValue = .null,
        error: String? = nil, sessionID: String? = nil, runAt: Timestamp? = nil, webhook: String? = nil,
        events: [TaskEventDTO] = [], logs: [TaskLogDTO] = []
    ) {
        self.id = id
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.userID = userID
        self.teamID = teamID
        self.status = status
        self.appID = appID
        self.appVersionID = appVersionID
        self.app = app
        self.function = function
        self.input = input
        self.setup = setup
        self.sessionTimeout = sessionTimeout
        self.output = output
        self.error = error
        self.sessionID = sessionID
        self.runAt = runAt
        self.webhook = webhook
        self.events = events
        self.logs = logs
    }

    public init(json: JSONValue) throws(WireFormatError) {
        let reader = try JSONReader(json)
        id = try reader.string("id") ?? ""
        createdAt = try reader.time("created_at") ?? Timestamp(seconds: 0)
        updatedAt = try reader.time("updated_at") ?? createdAt
        userID = try reader.string("user_id") ?? ""
        teamID = try reader.string("team_id") ?? ""
        status = TaskStatus(json: reader.value("status"))
        appID = try reader.string("app_id") ?? ""
        appVersionID = try reader.string("app_version_id") ?? ""
        app = reader.value("app_ref")?.stringValue ?? reader.value("app")?.stringValue ?? ""
        function = try reader.string("function") ?? ""
        input = reader.value("input") ?? .null
        setup = reader.value("setup") ?? .null
        sessionTimeout = try reader.integer("session_timeout")
        chatID = try reader.string("chat_id")
        output = reader.value("output") ?? .null
        // No error is the empty text on the wire.
        error = try reader.string("error").flatMap { $0.isEmpty ? nil : $0 }
        sessionID = try reader.string("session_id")
        runAt = try reader.time("run_at")
        webhook = try reader.string("webhook")
        events = try reader.list("events") ?? []
        logs = try reader.list("logs") ?? []
    }

    public var json: JSONValue {
        [
            "id": .string(id), "short_id": .string(Identifier.short(id)),
            "created_at": .time(createdAt), "updated_at": .time(updatedAt), "deleted_at": nil,
            "user_id": .string(userID), "team_id": .string(teamID), "user": nil, "team": nil, "visibility": "team",
            "graph_id": nil, "user_public_key": "", "engine_public_key": "", "is_featured": false,
            "status": .integer(Int64(status.rawValue)), "status_text": .string(status.name),
            "app_id": .string(appID), "app": nil, "app_ref": .string(app),
            "app_version_id": .string(appVersionID), "app_version": nil, "function": .string(function),
            "infra": "private", "workers": [], "flow_run_id": nil, "chat_id": .optional(chatID), "sub_flow_run_id": nil,
            "agent_id": nil, "agent_version_id": nil, "agent": nil, "engine_id": nil, "engine": nil,
            "worker_id": nil, "worker": nil, "run_at": .optional(runAt), "webhook": .optional(webhook),
            "setup": setup, "input": input, "output": output, "error": .string(error ?? ""), "rating": "unrated",
            "events": .array(events.map(\.json)), "logs": .array(logs.map(\.json)), "usage_events": [],
            "session_id": .optional(sessionID), "session_timeout": .optional(sessionTimeout),
        ]
    }
}

/// One change of a task's state.
public struct TaskEventDTO: JSONConvertible, Hashable {
    /// The event's id.
    public var id: String
    /// The task's id.
    public var taskID: String
    /// When it happened.
    public var time: Timestamp
    /// The state entered.
    public var status: TaskStatus

    /// An event.
    public init(id: String, taskID: String, time: Timestamp, status: TaskStatus) {
        self.id = id
        self.taskID = taskID
        self.time = time
        self.status = status
    }

    public init(json: JSONValue) throws(WireFormatError) {
        let reader = try JSONReader(json)
        id = try reader.string("id") ?? ""
        taskID = try reader.string("task_id") ?? ""
        time = try reader.time("event_time") ?? Timestamp(seconds: 0)
        status = TaskStatus(json: reader.value("status"))
    }

    public var json: JSONValue {
        [
            "id": .string(id), "created_at": .time(time), "event_time": .time(time), "task_id": .string(taskID),
            "status": .integer(Int64(status.rawValue)),
        ]
    }
}

/// What a task logged, one entry a kind of log.
public struct TaskLogDTO: JSONConvertible, Hashable {
    /// The source of a log.
    public enum Kind: Int, Sendable, CaseIterable {
        case build = 0
        case run, serve, setup, task
    }

    /// The log's id.
    public var id: String
    /// The task's id.
    public var taskID: String
    /// When it began.
    public var createdAt: Timestamp
    /// When it last grew.
    public var updatedAt: Timestamp
    /// Its source.
    public var kind: Kind
    /// Its text. On the wire the UTF-8 bytes in base64, as the platform does; plain text is read too.
    public var content: String

    /// A log.
    public init(id: String, taskID: String, createdAt: Timestamp, updatedAt: Timestamp, kind: Kind, content: String) {
        self.id = id
        self.taskID = taskID
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.kind = kind
        self.content = content
    }

    public init(json: JSONValue) throws(WireFormatError) {
        let reader = try JSONReader(json)
        id = try reader.string("id") ?? ""
        taskID = try reader.string("task_id") ?? ""
        createdAt = try reader.time("created_at") ?? Timestamp(seconds: 0)
        updatedAt = try reader.time("updated_at") ?? createdAt
        kind = (try reader.integer("log_type")).flatMap { Kind(rawValue: Int($0)) } ?? .task
        let raw = try reader.string("content") ?? ""
        let decoded = Base64.decode(strict: Array(raw.utf8)).flatMap { String(validating: $0, as: UTF8.self) }
        content = decoded ?? raw
    }

    public var json: JSONValue {
        [
            "id": .string(id), "created_at": .time(createdAt), "updated_at": .time(updatedAt),
            "task_id": .string(taskID), "log_type": .integer(Int64(kind.rawValue)),
            "content": .string(Base64.encode(Array(content.utf8))),
        ]
    }
}
