// SPDX-License-Identifier: Apache-2.0

package import FerryWire

/// Turns task records into what callers see.
package struct TaskPresenter: Sendable {
    private let files: FilePresenter
    private let limits: ServerLimits

    package init(files: FilePresenter, limits: ServerLimits) {
        self.files = files
        self.limits = limits
    }

    /// The record as the API shows it.
    package func present(_ task: TaskRecord) -> TaskDTO { present(task, withLinks: true) }

    private func present(_ task: TaskRecord, withLinks: Bool) -> TaskDTO {
        var output = task.output
        if var object = output.objectValue {
            object["output_meta"] = nil
            output = .object(object)
        }
        var shown = TaskDTO(
            id: task.id, createdAt: task.createdAt, updatedAt: task.updatedAt, userID: task.userID,
            teamID: task.teamID, status: task.status, appID: task.appID, appVersionID: task.appVersionID,
            app: task.app, function: task.function, input: task.input, setup: task.setup,
            output: withLinks ? files.present(output: output) : output, error: task.error,
            runAt: task.runAt, webhook: task.webhook?.url,
            events: task.events.enumerated().map { index, event in
                TaskEventDTO(
                    id: "\(task.id)-\(index)", taskID: task.id, time: event.time, status: event.status)
            },
            logs: task.logs.map { log in
                TaskLogDTO(
                    id: "\(task.id)-log-\(log.kind.rawValue)", taskID: task.id, createdAt: log.createdAt,
                    updatedAt: log.updatedAt, kind: log.kind, content: log.content)
            })
        shown.sessionID = task.session?.id
        shown.chatID = task.chatID
        shown.sessionTimeout = task.session?.timeout
        return shown
    }

    /// A line of a stream, short enough for every client: logs, then the input, then the setup give way, then the
    /// links of an output to the `inf://` addresses it was stored with, and at last the output itself.
    package func streamLine(_ task: TaskRecord) -> TaskStreamLine {
        var snapshot = present(task)
        let stored = present(task, withLinks: false).output
        for shorten: (inout TaskDTO) -> Void in [
            { _ in }, { $0.logs = [] }, { $0.input = .null }, { $0.setup = .null }, { $0.output = stored },
            { $0.output = .null },
        ] {
            shorten(&snapshot)
            if TaskStreamLine.snapshot(snapshot).ndjson.count <= limits.maximumStreamLine { break }
        }
        return .snapshot(snapshot)
    }
}
