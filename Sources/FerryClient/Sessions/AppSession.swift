// SPDX-License-Identifier: Apache-2.0

public import FerryWire
import Synchronization

/// Calls of one app that all run on one worker, which keeps its state between them. The first call begins it.
public final class AppSession: Sendable {
    /// The app, `namespace/name[@version]`, or a bare name.
    public let app: String
    private let timeout: Duration?
    private let tasks: TasksAPI
    private let sessions: SessionsAPI
    private let known: Mutex<String?> = Mutex(nil)
    /// The first call alone begins the session; others wait for it here.
    private let beginning = Gate(width: 1)

    init(app: String, timeout: Duration?, transport: Transport) {
        self.app = app
        self.timeout = timeout
        tasks = TasksAPI(transport: transport)
        sessions = SessionsAPI(transport: transport)
    }

    /// The session's id; nil before the first call.
    public var id: String? { known.withLock { $0 } }

    /// Calls a function of the app in the session, and waits for its end.
    ///
    /// - Parameters:
    ///   - function: the function; nil for the app's default.
    ///   - input: the input; its files are uploaded as in any run.
    ///   - options: the rest; function, session and session timeout do not count.
    /// - Throws: as `tasks.run`; `notFound` once the session is over.
    @discardableResult
    public func call(
        _ function: String? = nil, _ input: InputValue = .object([]), options: RunOptions = RunOptions()
    ) async throws -> TaskResult {
        var options = options
        options.function = function
        let started: TaskDTO
        if let id {
            started = try await start(input, options, id)
        } else {
            started = try await beginning.pass {
                if let id { return try await start(input, options, id) }
                return try await begin(input, options)
            }
        }
        return try await tasks.result(of: started, options)
    }

    /// The session as the server has it.
    ///
    /// - Throws: ``FerryError`` (`notFound` before the first call, and what concerns the connection).
    public func info() async throws -> SessionDTO { try await sessions.get(try begun()) }

    /// Begins the session's idle time anew.
    ///
    /// - Throws: ``FerryError`` (`notFound` before the first call or once it is over, and what concerns the connection).
    @discardableResult
    public func keepAlive() async throws -> SessionDTO { try await sessions.keepAlive(try begun()) }

    func end() async throws {
        if let id { try await sessions.end(id) }
    }

    private func begun() throws -> String {
        if let id { return id }
        throw FerryError(.notFound, "the session has not begun; its first call begins it")
    }

    private func start(_ input: InputValue, _ options: RunOptions, _ id: String) async throws -> TaskDTO {
        var options = options
        options.session = id
        options.sessionTimeout = nil
        return try await tasks.start(app: app, input: input, options: options)
    }

    private func begin(_ input: InputValue, _ options: RunOptions) async throws -> TaskDTO {
        var options = options
        options.session = "new"
        options.sessionTimeout = timeout
        let task = try await tasks.start(app: app, input: input, options: options)
        guard let id = task.sessionID else {
            throw FerryError.unexpectedAnswer("the task has no session_id; this server may not know sessions")
        }
        known.withLock { $0 = id }
        return task
    }
}

extension Ferry {
    /// Runs the body with a session of an app, which is ended afterwards, however the body ends.
    ///
    /// - Parameters:
    ///   - app: `namespace/name[@version]`, or a bare name.
    ///   - timeout: how long the session stays without a call, in whole seconds from 1 to 3,600; nil for the server's
    ///     default.
    ///   - body: makes calls; they run one after the other on the session's worker.
    /// - Throws: what the body throws; ``FerryError`` if the session cannot be ended.
    public func withSession<Success>(
        app: String, timeout: Duration? = nil, _ body: (AppSession) async throws -> Success
    ) async throws -> Success {
        let session = AppSession(app: app, timeout: timeout, transport: transport)
        do {
            let success = try await body(session)
            try await session.end()
            return success
        } catch {
            await bestEffort(within: transport.configuration.timeouts.cleanup) { try await session.end() }
            throw error
        }
    }
}
