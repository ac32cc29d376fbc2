// SPDX-License-Identifier: Apache-2.0

/// Runs the client's tools of one agent, each call once.
struct ToolRunner: Sendable {
    let handler: ToolHandler
    let agent: Agent

    /// Runs those of the calls that were not run before, one after the other, and submits what they give.
    ///
    /// - Returns: whether there was any.
    /// - Throws: what the handler throws, ``FerryError`` and `CancellationError`; the call can be run again then.
    func run(_ calls: [ToolCall]) async throws -> Bool {
        var hasRun = false
        for call in calls where agent.claim(call.id) {
            hasRun = true
            do {
                try await submit(try await handler(call), for: call)
                agent.settle(call.id)
            } catch {
                agent.release(call.id)
                throw error
            }
        }
        return hasRun
    }

    private func submit(_ result: String, for call: ToolCall) async throws {
        do {
            try await agent.submitToolResult(call.id, result: result)
        } catch let error as FerryError where error.code == .conflict {
            // It was answered from elsewhere, or the chat was stopped; the stream tells.
        }
    }
}
