// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// How much a log line matters.
public enum LogLevel: String, Sendable, Hashable, CaseIterable {
    /// Of use to the app's author.
    case debug
    /// What happened.
    case info
    /// Odd, but the work goes on.
    case warning
    /// The work, or a part of it, failed.
    case error
}

/// One task: its folders, and where to report while it runs.
///
/// Reports made after the task has ended are dropped.
public struct TaskContext: Sendable {
    /// The task's id.
    public let taskID: String
    /// A folder for whatever the work needs, removed afterwards. Absolute.
    public let workDirectory: String
    /// The folder for files to be handed out. Absolute.
    public let outputDirectory: String
    private let reporter: (any TaskReporter)?

    /// A context whose reports go nowhere, for calling an app directly.
    public init(taskID: String, workDirectory: String, outputDirectory: String) {
        self.taskID = taskID
        self.workDirectory = workDirectory
        self.outputDirectory = outputDirectory
        self.reporter = nil
    }

    init(taskID: String, workDirectory: String, outputDirectory: String, reporter: any TaskReporter) {
        self.taskID = taskID
        self.workDirectory = workDirectory
        self.outputDirectory = outputDirectory
        self.reporter = reporter
    }

    /// Puts a line into the task's log. Never waits: lines are dropped, and counted, when the host reads too slowly.
    ///
    /// A message longer than 16 KiB is cut.
    public func log(_ message: String, level: LogLevel = .info) {
        reporter?.log(message, level: level)
    }

    /// Tells how far the work is. Never waits: a report the host has no room for is dropped.
    ///
    /// - Parameters:
    ///   - fraction: 0 to 1, nil when unknown; values outside are pulled to the nearer end, and NaN counts as unknown.
    ///   - message: what is being done, for people.
    public func progress(_ fraction: Double?, message: String? = nil) {
        reporter?.progress(fraction, message: message)
    }

    /// Shows an output that is not finished. Waits until the host has taken it.
    ///
    /// - Parameter output: an object; files in it must be complete. One of more than 8 MiB as JSON is dropped with a
    ///   line in the log.
    public func partial(_ output: JSONValue) async {
        await reporter?.partial(output)
    }

    /// A path in ``outputDirectory`` for a file of that name, made safe for any file system. Nothing is created.
    public func outputPath(_ filename: String) -> String {
        "\(outputDirectory)/\(Filename.safe(filename))"
    }
}

/// Takes the reports of one task.
protocol TaskReporter: Sendable {
    func log(_ message: String, level: LogLevel)
    func progress(_ fraction: Double?, message: String?)
    func partial(_ output: JSONValue) async
}
