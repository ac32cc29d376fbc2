// SPDX-License-Identifier: Apache-2.0

internal import FerryWire

/// What one reader of a chat's stream has been told, and what to tell next. A class, though one reader alone has it:
/// records of chats are large, and as a value they would be part of every suspended call of a stream.
final class ChatView {
    private let service: ChatService
    private let presenter: ChatPresenter
    private let id: String
    /// Lines to be told.
    private var lines: [ChatStreamLine] = []
    private var told = 0
    /// The chat as last seen.
    private var chat: ChatRecord?
    /// The message that is being written, and how much of it was told.
    private var writing: ChatMessageRecord?
    /// The state that is being told, as long as there are more messages of it.
    private var telling: Telling?
    private var mark: LiveAnswers.Mark?
    private var lastSnapshot = ContinuousClock.now
    private var quietSeconds: Int64 = 0
    private var heartbeats = 0
    private(set) var hasBegun = false
    private(set) var isOver = false

    init(service: ChatService, presenter: ChatPresenter, id: String) {
        self.service = service
        self.presenter = presenter
        self.id = id
    }

    private var limits: ServerLimits { service.limits }
    /// Most messages read at once. 50.
    private static let pageSize = 50

    /// A state of the chat on its way to the reader.
    private struct Telling {
        let chat: ChatRecord
        /// What was told before.
        let revision: Int64?
        /// The place of the next message.
        var order: Int64 = 0
        /// The message that is being written.
        var writing: ChatMessageRecord?
    }

    /// The next line to be told.
    func takeLine() -> ChatStreamLine? {
        guard told < lines.count else { return nil }
        defer {
            told += 1
            if told == lines.count {
                lines.removeAll(keepingCapacity: true)
                told = 0
            }
        }
        quietSeconds = 0
        return lines[told]
    }

    /// The chat at work, then its latest run.
    func begin() async throws {
        hasBegun = true
        guard let chat = try await service.store.chat(id: id) else {
            isOver = true
            return
        }
        guard chat.run != nil else {
            lines.append(.chat(presenter.present(chat)))
            isOver = true
            return
        }
        lines.append(.chat(presenter.presentAtWork(chat)))
        telling = Telling(chat: chat, revision: nil)
    }

    /// Whether there is more to be told of what was seen; reads it page by page, as the reader asks.
    func tellMore() async throws -> Bool {
        guard var telling else { return false }
        let page = try await service.store.messages(
            ChatQueries.changed(
                of: telling.chat, after: telling.revision, from: telling.order, limit: Self.pageSize))
        guard let last = page.last else {
            self.telling = nil
            finish(telling)
            return true
        }
        // What changed after this look comes with the next one.
        for message in page where message.revision <= telling.chat.revision { lines.append(presenter.line(message)) }
        telling.order = last.order + 1
        let id = telling.chat.run?.assistantMessageID
        telling.writing = page.first { $0.id == id } ?? telling.writing
        self.telling = telling
        return true
    }

    /// Tells what changed since the last look.
    func look() async throws {
        guard let seen = try await service.store.chat(id: id) else {
            isOver = true
            return
        }
        guard let known = chat, seen.revision != known.revision else { return }
        // What was said last comes before the message that holds it all.
        listen()
        telling = Telling(chat: seen, revision: known.revision)
    }

    /// Tells what was said since the last look.
    func listen() {
        // The first of a connection holds all that was said, and says so.
        guard var mark, let writing else { return }
        let isFirst = mark.sequence == 0
        guard let news = service.answers.news(since: &mark) else { return }
        self.mark = mark
        lines.append(
            .delta(
                AnswerDelta(
                    delta: news.delta, seq: news.sequence, messageID: writing.id, isWhole: isFirst || news.isAnew)))
        let now = ContinuousClock.now
        guard now - lastSnapshot >= .milliseconds(limits.answerSnapshotInterval) else { return }
        lastSnapshot = now
        lines.append(presenter.line(writing, said: service.answers.answer(of: mark.taskID)))
    }

    /// A second has passed.
    func tick() async throws {
        quietSeconds += 1
        if chat?.run?.state == .inputRequired { tellWait() }
        guard !isOver, quietSeconds >= limits.heartbeatInterval else { return }
        quietSeconds = 0
        heartbeats += 1
        try await look()
        guard lines.isEmpty, telling == nil, !isOver else { return }
        if heartbeats % limits.heartbeatsPerSnapshot == 0, let chat {
            lines.append(.chat(presenter.presentAtWork(chat)))
        } else {
            lines.append(.heartbeat)
        }
    }

    /// Tells of the chat itself, once all messages of a state are told.
    private func finish(_ telling: Telling) {
        let chat = telling.chat
        let known = Set(
            (self.chat?.endedRuns ?? []).map(\.id)
                + [self.chat?.run].compactMap { run in
                    run?.state.isTerminal == true ? run?.id : nil
                })
        for run in chat.endedRuns where !known.contains(run.id) { lines.append(.run(presenter.present(run, of: chat))) }
        self.chat = chat
        guard let run = chat.run else {
            isOver = true
            lines.append(.chat(presenter.present(chat)))
            return
        }
        if run.state.isTerminal {
            lines.append(.chat(presenter.present(chat)))
            isOver = true
        } else if run.state == .inputRequired {
            writing = nil
            mark = nil
            tellWait()
        } else {
            if telling.revision != nil { lines.append(.chat(presenter.presentAtWork(chat))) }
            follow(run, telling.writing)
        }
    }

    /// Listens to the task that writes now.
    private func follow(_ run: ChatRecord.Run, _ message: ChatMessageRecord?) {
        guard let taskID = run.taskID, mark?.taskID != taskID else { return }
        writing = message
        mark = LiveAnswers.Mark(taskID: taskID)
        lastSnapshot = .now
        listen()
    }

    /// Ends the stream if a client's tool has been waited for long enough.
    private func tellWait() {
        guard let chat, let run = chat.run else { return }
        let end = run.updatedAt.advanced(bySeconds: limits.clientToolGrace)
        guard service.clock.now() >= end else { return }
        lines.append(.chat(presenter.present(chat)))
        isOver = true
    }
}
