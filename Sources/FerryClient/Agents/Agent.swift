// SPDX-License-Identifier: Apache-2.0

public import FerryWire
import Synchronization

/// An agent to talk with: a template of the server's or one made here, and the chat with it. To be used from any number
/// of tasks at once.
///
/// Made by ``AgentsAPI/create(_:context:chatID:)``. The first message begins the chat; others go on with it, and wait
/// in turn on the server while the agent is at work. Text is text: nothing in a message, a result or an answer is ever
/// looked up as a path, only ``AgentFile`` values are files.
public final class Agent: Sendable {
    /// Most files of one message or tool's result. 20.
    public static let maximumFiles = 20

    enum Source: Sendable {
        case template(String)
        case config(AgentConfig)
    }

    private struct State {
        var chatID: String?
        /// Grows when the chat is left, so that a message under way then does not bring it back.
        var generation = 0
        /// Calls of tools that were run, or are: whether they are under way.
        var claimed = RecentKeys<String, Bool>(maximumCount: ChatProgress.maximumKnown)
    }

    let transport: Transport
    private let source: Source
    private let context: JSONObject
    private let state: Mutex<State>
    /// The first message alone begins the chat; others wait for it here.
    private let beginning = Gate(width: 1)

    init(_ source: Source, context: [String: String], chatID: String?, transport: Transport) {
        self.source = source
        self.context = JSONObject(
            members: context.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })
        self.transport = transport
        state = Mutex(State(chatID: chatID.flatMap { $0.isEmpty ? nil : $0 }))
    }

    /// The chat's id; nil before the first message and after ``reset()``.
    public var chatID: String? { state.withLock { $0.chatID } }

    /// Leaves the chat: the next message begins a new one. The old one stays on the server, and what is under way in it
    /// goes on.
    public func reset() {
        state.withLock { state in
            state.chatID = nil
            state.generation += 1
        }
    }

    /// The chat as it is now.
    ///
    /// - Throws: ``FerryError`` (`notFound`, also before the first message, and what concerns the connection).
    public func getChat() async throws -> ChatDTO { try await api.getChat(try begun()) }

    /// The messages of the chat, oldest first as the server has them; pages are fetched as the iteration goes on.
    ///
    /// - Throws: ``FerryError`` (`notFound`) before the first message.
    public func messages(pageSize: Int = 100) throws -> PagedSequence<ChatMessageDTO> {
        api.allMessages(try begun(), pageSize: pageSize)
    }

    /// Stops what is under way in the chat, and takes back messages that wait for their turn; who waits for their
    /// answers gets `taskCancelled`. Does nothing before the first message.
    ///
    /// - Throws: ``FerryError``.
    public func stopChat() async throws {
        if let chatID { try await api.stopChat(chatID) }
    }

    var api: AgentsAPI { AgentsAPI(transport: transport) }

    func begun() throws -> String {
        if let chatID { return chatID }
        throw FerryError(.notFound, "the chat has not begun; its first message begins it")
    }

    /// Takes a call of a tool over; false if that was done before.
    func claim(_ callID: String) -> Bool {
        state.withLock { state in
            guard state.claimed[callID] == nil else { return false }
            state.claimed[callID] = true
            return true
        }
    }

    /// Whether one of the calls is under way here.
    func isRunning(_ calls: [ToolCall]) -> Bool {
        state.withLock { state in calls.contains { state.claimed[$0.id] == true } }
    }

    /// A call has its result.
    func settle(_ callID: String) { state.withLock { $0.claimed[callID] = false } }

    /// Lets a call go that was not run to its end.
    func release(_ callID: String) { state.withLock { $0.claimed[callID] = nil } }

    // MARK: Saying something

    /// What was said, and where.
    struct Posted: Sendable {
        var chatID: String
        var response: AgentRunResponse
    }

    /// Uploads the files of a message, then sends it.
    ///
    /// Once it may have reached the server it is not sent again, since it would be said twice. Cancelled meanwhile,
    /// this waits for the answer up to the cleanup time limit, so that the chat is known that was begun.
    func post(
        _ text: String, _ files: [AgentFile], _ progress: UploadPlanProgressHandler?
    ) async throws -> Posted {
        // What chat it belongs to is decided now, whatever happens during the uploads.
        let (chatID, generation) = state.withLock { ($0.chatID, $0.generation) }
        let attachments = try await AttachmentUpload(
            transport: transport, maximumFiles: Self.maximumFiles, progress: progress
        ).run(files)
        var isTaken = Taken.no
        do {
            try Task.checkCancellation()
            let input = MessageInput(text: text, attachments: attachments.references)
            if let chatID { return try await send(input, to: chatID, generation, &isTaken) }
            return try await beginning.pass {
                let begun = state.withLock { $0.generation == generation ? $0.chatID : nil }
                return try await send(input, to: begun, generation, &isTaken)
            }
        } catch {
            if isTaken == .no { await attachments.discard() }
            try Task.checkCancellation()
            guard var failure = error as? FerryError else { throw error }
            if isTaken == .perhaps {
                failure = failure.inDoubt(
                    "the message may have been taken" + (chatID.map { " in chat \($0)" } ?? "")
                        + "; look at the chat before you send it again")
            }
            throw attachments.located(failure)
        }
    }

    /// Whether the server has a message.
    private enum Taken {
        case no, perhaps, yes
    }

    private func send(
        _ input: MessageInput, to chatID: String?, _ generation: Int, _ isTaken: inout Taken
    ) async throws -> Posted {
        var request = AgentRunRequest(chatID: chatID, input: input, context: chatID == nil ? context : [:])
        switch source {
        case .template(let reference): request.agent = reference
        case .config(let config):
            request.config = config
            request.agentName = config.name
        }
        let body = request.json
        let answer = try await transport.retrier.run(safety: .onlyIfRefused) { _ in
            isTaken = .perhaps
            do {
                return try await transport.call(
                    Routes.runAgent, Routes.runAgent.path(), body: body, safety: .never,
                    grace: transport.configuration.timeouts.cleanup)
            } catch let error as FerryError where error.isRefusal {
                isTaken = .no
                throw error
            }
        }
        let response: AgentRunResponse = try transport.decode(answer)
        let id = response.assistantMessage?.chatID ?? response.userMessage.chatID
        guard !id.isEmpty else { throw FerryError.unexpectedAnswer("the message has no chat_id") }
        isTaken = .yes
        state.withLock { state in
            if state.generation == generation, state.chatID == nil { state.chatID = id }
        }
        try Task.checkCancellation()
        return Posted(chatID: id, response: response)
    }
}
