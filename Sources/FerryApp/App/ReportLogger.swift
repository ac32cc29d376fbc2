// SPDX-License-Identifier: Apache-2.0

import Logging

/// Writes what goes to a logger into the log of a task.
struct ReportLogger: LogHandler {
    let reporter: any TaskReporter
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .debug

    /// A logger into those reports; into nothing without.
    static func logger(label: String, _ reporter: (any TaskReporter)?) -> Logger {
        Logger(label: label) { _ in
            if let reporter { ReportLogger(reporter: reporter) } else { SwiftLogNoOpLogHandler() }
        }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        let tail = all.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        reporter.log("\(event.message)\(tail)", level: Self.level(event.level))
    }

    private static func level(_ level: Logger.Level) -> LogLevel {
        switch level {
        case .trace, .debug: .debug
        case .info, .notice: .info
        case .warning: .warning
        case .error, .critical: .error
        }
    }
}
