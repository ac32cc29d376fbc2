// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// Log text on its way to the store, gathered so that a chatty app costs few transactions.
final class TaskLogBuffer: Sendable {
    private let text = Mutex("")
    private let maximumBytes: Int

    /// - Parameter maximumBytes: most bytes kept; older text gives way.
    init(maximumBytes: Int) { self.maximumBytes = maximumBytes }

    func append(_ more: String) {
        text.withLock { text in
            text += more
            guard text.utf8.count > 2 * maximumBytes else { return }
            text = String(decoding: text.utf8.suffix(maximumBytes), as: UTF8.self)
        }
    }

    /// What came since the last time; nil if nothing did.
    func take() -> String? {
        text.withLock { text in
            defer { text = "" }
            return text.isEmpty ? nil : text
        }
    }
}
