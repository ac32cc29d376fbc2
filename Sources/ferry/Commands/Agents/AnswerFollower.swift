// SPDX-License-Identifier: Apache-2.0

import FerryClient
import FerryWire

/// Follows an agent's answer to its end. An interruption, or the end of whoever reads the text, stops the agent first, unless
/// it is at work on somebody else's message.
struct AnswerFollower: Sendable {
    /// How long the server may take to hear that the chat is to be stopped.
    private static let stopLimit = Duration.seconds(5)

    let ferry: Ferry
    let console: Console
    /// Whether the chat was begun by this command, so that nobody else has anything to do with it.
    let isNew: Bool

    /// Shows each event.
    ///
    /// - Parameters:
    ///   - chatID: the chat, once it is known.
    ///   - began: called when the first event has come.
    /// - Throws: `FerryError`, `CancellationError`, and what the console throws.
    func follow(
        _ events: AgentEvents, chatID: @Sendable () -> String?, _ display: inout AnswerDisplay,
        began: () async -> Void
    ) async throws {
        var hasBegun = false
        do {
            for try await event in events {
                if !hasBegun {
                    hasBegun = true
                    await began()
                    if console.format == .human, let id = chatID() { await console.notice("chat: \(id)\n") }
                }
                try await display.show(event)
            }
        } catch {
            try? await display.endLine()
            guard let id = chatID() else { throw error }
            if Task.isCancelled || error is BrokenPipe {
                await leave(id, isAtWork: display.isAtWork ?? (isNew || hasBegun))
            }
            throw ChatFailure(reason: error, chatID: id)
        }
    }

    /// Nobody waits for the answer any more.
    private func leave(_ id: String, isAtWork: Bool) async {
        if isAtWork || isNew {
            await stop(id)
            await console.note("stopped chat \(id); to go on with it, use --chat \(id)")
        } else {
            await console.note(
                "what was said may be answered in chat \(id) all the same; to see it: ferry agent get \(id)")
        }
    }

    /// Tells the server, although the task that does so is cancelled itself.
    private func stop(_ id: String) async {
        // A child task would be cancelled from its start; this one ends by its own time limit.
        await Task { [ferry] in
            await withTaskGroup(of: Void.self) { group in
                group.addTask { try? await ferry.agents.stopChat(id) }
                group.addTask { try? await Task.sleep(for: Self.stopLimit) }
                await group.next()
                group.cancelAll()
            }
        }.value
    }
}

/// What went wrong in a chat that there is now.
struct ChatFailure: Error {
    /// What went wrong.
    var reason: any Error
    /// The chat.
    var chatID: String?
}

/// Shows how far the uploads of a message are.
struct AttachmentDisplay: Sendable {
    private let display: TransferDisplay
    private let handler: UploadPlanProgressHandler?

    /// - Parameter sources: the files, as they were named.
    init(_ sources: [String], _ console: Console) {
        let display = TransferDisplay(.upload, count: 1, console: console)
        let only = sources.count == 1 && !DataURI.hasScheme(sources[0]) ? sources[0] : nil
        self.display = display
        if !sources.isEmpty, let show = display.handler(0, name: only ?? "\(sources.count) files") {
            handler = { step in
                show(TransferProgress(sent: step.sent, acknowledged: step.sent, total: step.total))
            }
        } else {
            handler = nil
        }
    }

    /// Runs the body with what it is to tell its steps to.
    func showing<Success>(_ body: (UploadPlanProgressHandler?) async throws -> Success) async throws -> Success {
        do {
            let success = try await body(handler)
            await clear()
            return success
        } catch {
            await clear()
            throw error
        }
    }

    /// Takes the line away.
    func clear() async { await display.clear() }
}
