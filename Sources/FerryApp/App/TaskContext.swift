// SPDX-License-Identifier: Apache-2.0

import FerryWire
public import Logging

/// One task: its folders, and where to report while it runs.
///
/// Reports made after the task has ended are dropped.
public struct TaskContext<Output: AppOutput>: Sendable {
    private let scope: TaskScope

    init(scope: TaskScope) { self.scope = scope }

    /// A context whose reports go nowhere, for calling an app directly.
    public init(taskID: String, workDirectory: String, outputDirectory: String) {
        scope = TaskScope(taskID: taskID, workDirectory: workDirectory, outputDirectory: outputDirectory)
    }

    /// The task's id.
    public var taskID: String { scope.taskID }
    /// A folder for whatever the work needs, removed afterwards. Absolute.
    public var workDirectory: String { scope.workDirectory }
    /// The folder for files to be handed out. Absolute. Files of an output that have an address, or several names, are
    /// copied into it when the task has ended, under names that are free.
    public var outputDirectory: String { scope.outputDirectory }
    /// Whom the task is run for, and by what.
    public var metadata: TaskMetadata { scope.metadata }

    /// A logger whose lines are those of ``log(_:level:)``.
    public var logger: Logger { ReportLogger.logger(label: "ferry.app.task", scope.reporter) }

    /// Puts a line into the task's log. Never waits: lines are dropped, and counted, when the host reads too slowly.
    ///
    /// A message longer than 16 KiB is cut.
    public func log(_ message: String, level: LogLevel = .info) {
        scope.reporter?.log(message, level: level)
    }

    /// Tells how far the work is. Never waits: a report the host has no room for is dropped.
    ///
    /// - Parameters:
    ///   - fraction: 0 to 1, nil when unknown; values outside are pulled to the nearer end, and NaN counts as unknown.
    ///   - message: what is being done, for people.
    public func progress(_ fraction: Double?, message: String? = nil) {
        scope.reporter?.progress(fraction, message: message)
    }

    /// Shows an output that is not finished. Waits until the host has taken it.
    ///
    /// One that cannot be shown is dropped with a line in the log: of more than 8 MiB as JSON, with a field without a
    /// value, or with a file that does not exist.
    ///
    /// - Parameter output: files in it must be complete; they are handed out when the task has ended.
    public func partial(_ output: Output) async {
        guard let reporter = scope.reporter else { return }
        let json: JSONValue
        do {
            json = try FieldWriter.partial(output)
        } catch {
            reporter.log("a partial output was dropped: \(error)", level: .warning)
            return
        }
        await reporter.partial(json)
    }

    /// Shows what a language model's answer has grown by. Waits until the host has taken it; an empty one is not sent.
    ///
    /// All increments together are the answer: return the whole of it as the output all the same. One of more than 384 KiB
    /// as JSON is dropped by the host, with a line in the log.
    public func delta(_ delta: LLMDelta) async {
        guard let reporter = scope.reporter, !delta.isEmpty else { return }
        await reporter.delta(delta.json)
    }

    /// A path in ``outputDirectory`` for a file of that name, made safe for any file system. Nothing is created.
    public func outputPath(_ filename: String) -> String {
        "\(outputDirectory)/\(Filename.safe(filename))"
    }
}

/// One task as the worker knows it.
struct TaskScope: Sendable {
    var taskID: String
    var workDirectory: String
    var outputDirectory: String
    var metadata = TaskMetadata()
    var reporter: (any TaskReporter)?
}

/// Takes the reports of one task.
protocol TaskReporter: Sendable {
    func log(_ message: String, level: LogLevel)
    func progress(_ fraction: Double?, message: String?)
    func partial(_ output: JSONValue) async
    func delta(_ delta: JSONValue) async
}
