// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// A task as the server knows it.
public struct TaskRecord: Sendable, Hashable {
    /// Id, 26 characters.
    public var id: String
    /// Owning team.
    public var teamID: String
    /// Who made it.
    public var userID: String
    /// When it was made.
    public var createdAt: Timestamp
    /// When it last changed.
    public var updatedAt: Timestamp
    /// Its state.
    public var status: TaskStatus
    /// The app's reference, `namespace/name`.
    public var app: String
    /// The app's id.
    public var appID: String
    /// The app's version id.
    public var appVersionID: String
    /// The function called.
    public var function: String
    /// What the app is given, with files as `inf://` addresses.
    public var input: JSONValue
    /// What the app is set up with.
    public var setup: JSONValue
    /// The session it is a call of; nil for none.
    public var session: Session?
    /// The chat whose next message it writes; nil for none.
    public var chatID: String?
    /// What the app returned, with files as `{"uri":"inf://…","content_type","size","filename"}`; null until then.
    public var output: JSONValue
    /// Why it failed.
    public var error: String?
    /// How often it was begun.
    public var attempts: Int
    /// How often it may be begun.
    public var maximumAttempts: Int
    /// Who runs it now.
    public var owner: String?
    /// Until when the owner may be silent.
    public var leaseExpiresAt: Timestamp?
    /// When it may be begun; nil for at once.
    public var runAt: Timestamp?
    /// Whom to tell of its end.
    public var webhook: Webhook?
    /// Its state changes, oldest first.
    public var events: [Event]
    /// What it logged.
    public var logs: [Log]

    /// What a task knows of its session.
    public struct Session: Sendable, Hashable {
        /// The session's id.
        public var id: String
        /// Seconds the session stays without a call.
        public var timeout: Int64

        /// A session.
        public init(id: String, timeout: Int64) {
            self.id = id
            self.timeout = timeout
        }
    }

    /// One change of state.
    public struct Event: Sendable, Hashable {
        /// The state entered.
        public var status: TaskStatus
        /// When.
        public var time: Timestamp

        /// A change.
        public init(status: TaskStatus, time: Timestamp) {
            self.status = status
            self.time = time
        }
    }

    /// Whom to tell of a task's end.
    public struct Webhook: Sendable, Hashable {
        /// The URL to post to.
        public var url: String
        /// The address that links in what is told begin with.
        public var base: String

        /// Somebody to tell.
        public init(url: String, base: String) {
            self.url = url
            self.base = base
        }
    }

    /// What was logged by one source.
    public struct Log: Sendable, Hashable {
        /// The source.
        public var kind: TaskLogDTO.Kind
        /// When it began.
        public var createdAt: Timestamp
        /// When it last grew.
        public var updatedAt: Timestamp
        /// Its text, the latest part of it if it was long.
        public var content: String

        /// A log.
        public init(kind: TaskLogDTO.Kind, createdAt: Timestamp, updatedAt: Timestamp, content: String) {
            self.kind = kind
            self.createdAt = createdAt
            self.updatedAt = updatedAt
            self.content = content
        }
    }

    /// From when on it may be begun; what is due first is begun first.
    public var dueAt: Timestamp { max(runAt ?? createdAt, createdAt) }

    /// A record of these values.
    public init(
        id: String, teamID: String, userID: String, createdAt: Timestamp, updatedAt: Timestamp,
        status: TaskStatus = .received, app: String, appID: String, appVersionID: String, function: String,
        session: Session? = nil, chatID: String? = nil,
        input: JSONValue, setup: JSONValue = .null, output: JSONValue = .null, error: String? = nil,
        attempts: Int = 0, maximumAttempts: Int = 3, owner: String? = nil, leaseExpiresAt: Timestamp? = nil,
        runAt: Timestamp? = nil, webhook: Webhook? = nil, events: [Event] = [], logs: [Log] = []
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
        self.function = function
        self.input = input
        self.setup = setup
        self.session = session
        self.chatID = chatID
        self.output = output
        self.error = error
        self.attempts = attempts
        self.maximumAttempts = maximumAttempts
        self.owner = owner
        self.leaseExpiresAt = leaseExpiresAt
        self.runAt = runAt
        self.webhook = webhook
        self.events = events
        self.logs = logs
    }
}
