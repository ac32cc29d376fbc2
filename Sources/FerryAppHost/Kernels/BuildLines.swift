// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Lines that come in once and are read by any number of readers, those who come late too.
final class BuildLines: Sendable {
    /// Most lines that are kept for readers who come late, and for each reader who is slow.
    private static let limit = 2000

    private struct State {
        var lines: [String] = []
        var isFinished = false
        var readers: [AsyncStream<String>.Continuation] = []
    }

    private let state = Mutex(State())

    func append(_ line: String) {
        let readers = state.withLock { state in
            if state.lines.count < Self.limit { state.lines.append(line) }
            return state.readers
        }
        for reader in readers { reader.yield(line) }
    }

    func finish() {
        let readers = state.withLock { state in
            state.isFinished = true
            defer { state.readers = [] }
            return state.readers
        }
        for reader in readers { reader.finish() }
    }

    /// All lines from the first one on. Ends with the work, or when the reader is cancelled.
    func follow() -> AsyncStream<String> {
        let (stream, reader) = AsyncStream<String>.makeStream(bufferingPolicy: .bufferingNewest(Self.limit))
        state.withLock { state in
            for line in state.lines { reader.yield(line) }
            if state.isFinished { reader.finish() } else { state.readers.append(reader) }
        }
        return stream
    }
}
