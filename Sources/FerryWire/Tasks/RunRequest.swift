// SPDX-License-Identifier: Apache-2.0

/// The body of `POST /apps/run`.
public struct RunRequest: JSONConvertible, Hashable {
    /// The app's reference; see ``AppReference``.
    public var app: String
    /// What the app is given.
    public var input: JSONValue
    /// What the app is set up with.
    public var setup: JSONValue
    /// The function to call; nil for the app's default.
    public var function: String?
    /// Whether the answer is to wait for the task's end.
    public var wait: Bool
    /// Where to tell of the end: a URL that is sent a signed message.
    public var webhook: String?
    /// `new`, or a session to go on with.
    public var session: String?
    /// When to start; nil, or a time that is over, for at once.
    public var runAt: Timestamp?
    /// Seconds a new session stays without a call; nil for the server's default.
    public var sessionTimeout: Int64?

    /// A request.
    public init(
        app: String, input: JSONValue, setup: JSONValue = .null, function: String? = nil, wait: Bool = false,
        webhook: String? = nil, session: String? = nil, runAt: Timestamp? = nil,
        sessionTimeout: Int64? = nil
    ) {
        self.app = app
        self.input = input
        self.setup = setup
        self.function = function
        self.wait = wait
        self.webhook = webhook
        self.session = session
        self.runAt = runAt
        self.sessionTimeout = sessionTimeout
    }

    public init(json: JSONValue) throws(WireFormatError) {
        let reader = try JSONReader(json)
        let appID = try reader.string("app_id")
        app = try reader.required("app", try reader.string("app") ?? appID)
        input = reader.object["input"] ?? .null
        setup = reader.value("setup") ?? .null
        function = try reader.string("function")
        wait = try reader.bool("wait") ?? false
        webhook = try reader.string("webhook")
        session = try reader.string("session")
        runAt = try reader.time("run_at")
        sessionTimeout = try reader.integer("session_timeout")
    }

    public var json: JSONValue {
        var object: JSONObject = ["app": .string(app), "input": input]
        if !setup.isNull { object["setup"] = setup }
        if let function { object["function"] = .string(function) }
        if wait { object["wait"] = true }
        if let webhook { object["webhook"] = .string(webhook) }
        if let session { object["session"] = .string(session) }
        if let runAt { object["run_at"] = .time(runAt) }
        if let sessionTimeout { object["session_timeout"] = .integer(sessionTimeout) }
        return .object(object)
    }
}
