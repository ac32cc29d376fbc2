// SPDX-License-Identifier: Apache-2.0

internal import FerryWire
package import Logging
internal import ServiceLifecycle
internal import Synchronization

/// Sees to chats whose agents are at work: has their core apps called, by tasks, and makes what they answer known.
///
/// Everything it does is written down before, so that it goes on after any kind of death: a run names its task before
/// there is one.
package struct ChatDriver: Service {
    let chats: ChatService
    let agents: AgentService
    let tasks: TaskService
    let files: FileService
    let bus: any EventBus
    let limits: ServerLimits
    let logger: Logger
    /// Who may read a conversation into memory.
    private let turns: Turns

    package init(
        chats: ChatService, agents: AgentService, tasks: TaskService, files: FileService, bus: any EventBus,
        limits: ServerLimits, logger: Logger
    ) {
        self.chats = chats
        self.agents = agents
        self.tasks = tasks
        self.files = files
        self.bus = bus
        self.limits = limits
        self.logger = logger
        turns = Turns(limits.maximumPreparedChats)
    }

    /// Runs until a graceful shutdown; then chats stay as they are for the next server.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                let underWay = UnderWay()
                for await _ in bus.signals(of: .chats, every: .seconds(1)) {
                    for id in await waiting() where underWay.begin(id) {
                        group.addTask {
                            await drive(id)
                            underWay.end(id)
                            // Others may have waited for the place.
                            bus.publish(.chats)
                        }
                    }
                }
            }
        }
    }

    private func waiting() async -> [String] {
        do {
            return try await chats.store.working(limit: limits.maximumAttendedChats)
        } catch {
            if !Task.isCancelled { logger.error("cannot look for chats at work", metadata: ["error": "\(error)"]) }
            return []
        }
    }

    /// How long to wait after a failure of the server's own. 1 s.
    private static let pause = Duration.seconds(1)

    private func drive(_ id: String) async {
        while !Task.isCancelled {
            do {
                guard try await advance(id) else { return }
            } catch {
                if Task.isCancelled { return }
                logger.error(
                    "a chat could not be seen to; trying again", metadata: ["chat": "\(id)", "error": "\(error)"])
                try? await Task.sleep(for: Self.pause)
            }
        }
    }

    /// Takes the next step of a chat's work, or waits for it.
    ///
    /// - Returns: false if there is none.
    private func advance(_ id: String) async throws -> Bool {
        // The rest is waiting, for as long as a model speaks.
        guard let taskID = try await inShortTask({ try await prepared(id) }) else { return false }
        let signals = bus.signals(of: .task(taskID), every: .seconds(limits.heartbeatInterval))
        guard try await tasks.store.glance(id: taskID)?.status.isTerminal != false else {
            // Whatever happened, the next look tells.
            for await _ in signals { break }
            return true
        }
        try await inShortTask {
            guard let task = try await tasks.store.task(id: taskID) else { return }
            do {
                try await apply(task, to: id)
            } catch let error as ServerError where !Self.isOurs(error) {
                // An answer that cannot be kept: asking for it again would not help.
                try await fail(id, taskID, error.message)
            }
        }
        return true
    }

    /// The task that a chat waits for, made if it is not there; nil if the chat waits for none.
    private func prepared(_ id: String) async throws -> String? {
        guard let chat = try await chats.store.chat(id: id), let run = chat.run, run.state.isWorking,
            let taskID = run.taskID
        else { return nil }
        if try await tasks.store.glance(id: taskID) == nil { try await begin(id, taskID) }
        return taskID
    }

    // MARK: - Begin and end of a call

    private func begin(_ id: String, _ taskID: String) async throws {
        do {
            guard let core = try await core(of: id) else { return }
            try await turns.run { try await submit(id, taskID, to: core) }
        } catch let error as ServerError where !Self.isOurs(error) {
            try await fail(id, taskID, error.message)
            return
        }
        // Who stopped the chat a moment ago did not find the task.
        if try await chats.store.chat(id: id)?.run?.taskID != taskID {
            await tasks.abandon(id: taskID)
            try await chats.deleteOrphan(taskID)
        }
    }

    /// Apps may take their time to say what they are, so that nobody waits for a turn behind this.
    private func core(of id: String) async throws -> CoreApp? {
        guard let chat = try await chats.store.chat(id: id) else { return nil }
        return try await agents.core(of: chat.agent, for: .keeper(of: chat))
    }

    private func submit(_ id: String, _ taskID: String, to core: CoreApp) async throws {
        guard let chat = try await chats.store.chat(id: id), chat.run?.taskID == taskID else { return }
        let request = RunRequest(
            app: "\(core.app.reference)@\(core.app.versionID)",
            input: try await conversation(of: chat).input(for: core.function),
            setup: chat.agent.config.coreApp?.setup ?? .null, function: core.function.name)
        try await tasks.submit(request, id: taskID, chatID: id, by: .keeper(of: chat))
    }

    /// Whether the server itself is at fault, so that trying again may help.
    private static func isOurs(_ error: ServerError) -> Bool {
        [.internalError, .unavailable, .storageFull].contains(error.code)
    }

    private func apply(_ task: TaskRecord, to id: String) async throws {
        switch task.status {
        case .completed:
            do {
                let answer = try CoreAnswer(output: task.output)
                try await change(id, task.id) { $0.answered(answer) }
            } catch let error as ServerError where error.code == .taskFailed {
                try await fail(id, task.id, error.message)
            }
        case .cancelled: try await fail(id, task.id, "the task that wrote the answer was cancelled")
        default: try await fail(id, task.id, task.error ?? "the core app failed and gave no reason")
        }
    }

    private func fail(_ id: String, _ taskID: String, _ reason: String) async throws {
        try await change(id, taskID) { $0.failed(reason) }
    }

    /// Changes a chat as long as that task is the one it waits for.
    private func change(_ id: String, _ taskID: String, _ body: (inout ChatEdit) -> Void) async throws {
        do {
            try await chats.edit(id) { edit throws(ServerError) in
                if edit.chat.run?.taskID == taskID { body(&edit) }
            }
        } catch let error as ServerError where error.code == .notFound {
            // The chat was deleted meanwhile.
        }
    }
}

extension ChatDriver: CustomStringConvertible {
    /// Short: service groups log their services, and nothing inside belongs in a log.
    package var description: String { "chat driver" }
}

/// The chats that somebody in this process sees to.
private final class UnderWay: Sendable {
    private let ids = Mutex(Set<String>())

    /// Whether nobody did yet.
    func begin(_ id: String) -> Bool { ids.withLock { $0.insert(id).inserted } }

    func end(_ id: String) { ids.withLock { _ = $0.remove(id) } }
}

extension Principal {
    /// Who a chat's work is done for: its team, by whoever began it. What the chat holds was checked when it came.
    static func keeper(of chat: ChatRecord) -> Principal {
        Principal(
            keyID: chat.userID, team: TeamRecord(id: chat.teamID, name: "", createdAt: chat.createdAt),
            scopes: [.appsExecute, .filesRead], isRoot: false)
    }
}
