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
        try await tell(chat, since: nil)
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
        try await tell(seen, since: known.revision)
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
        guard lines.isEmpty, !isOver else { return }
        if heartbeats % limits.heartbeatsPerSnapshot == 0, let chat {
            lines.append(.chat(presenter.presentAtWork(chat)))
        } else {
            lines.append(.heartbeat)
        }
    }

    private func tell(_ chat: ChatRecord, since revision: Int64?) async throws {
        let changed = try await service.store.messages(
            ChatQueries.changed(of: chat, after: revision, limit: limits.maximumPageSize))
        // What changed after this look comes with the next one.
        for message in changed where message.revision <= chat.revision { lines.append(presenter.line(message)) }
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
            if revision != nil { lines.append(.chat(presenter.presentAtWork(chat))) }
            follow(run, changed)
        }
    }

    /// Listens to the task that writes now.
    private func follow(_ run: ChatRecord.Run, _ changed: [ChatMessageRecord]) {
        guard let taskID = run.taskID, mark?.taskID != taskID else { return }
        writing = changed.first { $0.id == run.assistantMessageID }
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
