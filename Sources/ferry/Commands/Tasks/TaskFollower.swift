// SPDX-License-Identifier: Apache-2.0

import FerryClient
import FerryWire

/// Follows a task to its end, with a line on standard error for each new status.
struct TaskFollower {
    /// How long the server may take to hear that the task is to be cancelled.
    private static let cancellationLimit = Duration.seconds(5)

    let ferry: Ferry
    let console: Console
    /// Whether the app's log is shown as it grows.
    let showsLogs: Bool

    /// Waits for the task's end. If this wait is cancelled, so is the task on the server.
    ///
    /// - Returns: the completed task.
    /// - Throws: `FerryError` (`taskFailed`, `taskCancelled`, and what concerns the connection), `CancellationError`.
    func follow(_ started: TaskDTO) async throws -> TaskDTO {
        do {
            return try await completed(started)
        } catch {
            if Task.isCancelled { await cancel(started.id) }
            throw error
        }
    }

    private func completed(_ started: TaskDTO) async throws -> TaskDTO {
        var last = started
        var tail = LogTail()
        await tell(last, after: nil)
        for try await task in ferry.tasks.updates(of: started.id) {
            if showsLogs { await console.notice(Printable.block(tail.fresh(task.logs))) }
            await tell(task, after: last)
            last = task
        }
        if showsLogs {
            // Long logs are left out of the stream.
            let logs = try await ferry.tasks.logs(started.id)
            await console.notice(Printable.block(tail.fresh(logs)))
        }
        // The SDK knows how a task that did not complete is told of.
        guard last.status == .completed else { return try await ferry.tasks.wait(for: started.id).task }
        return last
    }

    private func tell(_ task: TaskDTO, after last: TaskDTO?) async {
        guard console.format == .human, task.status != last?.status, task.status != .unknown else { return }
        await console.note("task \(task.id) \(task.status.name)")
    }

    /// Tells the server, although the task that does so is cancelled itself.
    private func cancel(_ id: String) async {
        // A child task would be cancelled from its start; this one ends by its own time limit.
        await Task { [ferry] in
            await withTaskGroup(of: Void.self) { group in
                group.addTask { try? await ferry.tasks.cancel(id) }
                group.addTask { try? await Task.sleep(for: Self.cancellationLimit) }
                await group.next()
                group.cancelAll()
            }
        }.value
    }
}

/// What of a growing log has not been shown yet.
struct LogTail {
    private var shown: [TaskLogDTO.Kind: Int] = [:]

    /// The text that is new since the last call.
    mutating func fresh(_ logs: [TaskLogDTO]) -> String {
        var text = ""
        for log in logs {
            let start = shown[log.kind, default: 0]
            guard log.content.utf8.count > start else { continue }
            text += String(decoding: log.content.utf8.dropFirst(start), as: UTF8.self)
            shown[log.kind] = log.content.utf8.count
        }
        return text
    }
}
