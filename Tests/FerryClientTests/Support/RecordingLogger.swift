// SPDX-License-Identifier: Apache-2.0

import Logging

@testable import FerryClient

/// A logger that keeps every line: level, message and metadata.
func recordingLogger(_ lines: Shared<[String]>) -> Logger {
    Logger(label: "test", factory: { _ in RecordingHandler(lines: lines) })
}

private struct RecordingHandler: LogHandler {
    let lines: Shared<[String]>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        lines.change { $0.append("\(event.level) \(event.message) \(event.metadata ?? [:])") }
    }
}
