// SPDX-License-Identifier: Apache-2.0

public import Logging

/// What an app that is being set up may know and use.
public struct SetupContext: Sendable {
    /// The app and the worker; no task yet.
    public let metadata: TaskMetadata
    /// The folder the app's own files lie in, read-only; nil when the app was not started from one.
    public let appFolder: String?
    private let reporter: (any TaskReporter)?

    /// A context whose reports go nowhere, for setting up an app directly.
    public init(appFolder: String? = nil) { self.init(appFolder: appFolder, metadata: TaskMetadata(), reporter: nil) }

    init(appFolder: String?, metadata: TaskMetadata, reporter: (any TaskReporter)?) {
        self.metadata = metadata
        self.appFolder = appFolder
        self.reporter = reporter
    }

    /// A logger whose lines are those of ``log(_:level:)``.
    public var logger: Logger { ReportLogger.logger(label: "ferry.app.setup", reporter) }

    /// Puts a line into the log. Never waits; a message longer than 16 KiB is cut.
    public func log(_ message: String, level: LogLevel = .info) {
        reporter?.log(message, level: level)
    }
}
