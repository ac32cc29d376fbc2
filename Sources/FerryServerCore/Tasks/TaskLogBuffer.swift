// SPDX-License-Identifier: Apache-2.0

internal import FerryWire
internal import Synchronization

/// Log texts on their way to the store, gathered so that a chatty app costs few transactions.
final class TaskLogBuffer: Sendable {
    private let texts = Mutex<[TaskLogDTO.Kind: String]>([:])
    private let maximumBytes: Int

    /// - Parameter maximumBytes: most bytes kept of each kind, up to twice that for a moment; older text gives way.
    init(maximumBytes: Int) { self.maximumBytes = maximumBytes }

    func append(_ more: String, kind: TaskLogDTO.Kind) {
        texts.withLock { texts in
            texts[kind, default: ""] += more
            guard let text = texts[kind], text.utf8.count > 2 * maximumBytes else { return }
            // Cut on a scalar, as the store cuts.
            let latest = text.utf8.suffix(maximumBytes).drop { $0 & 0xC0 == 0x80 }
            texts[kind] = String(decoding: latest, as: UTF8.self)
        }
    }

    /// What came since the last time, by kind, in the kinds' order.
    func take() -> [(kind: TaskLogDTO.Kind, text: String)] {
        let texts = texts.withLock { texts in
            defer { texts = [:] }
            return texts
        }
        return texts.sorted { $0.key.rawValue < $1.key.rawValue }.filter { !$0.value.isEmpty }
            .map { (kind: $0.key, text: $0.value) }
    }
}
