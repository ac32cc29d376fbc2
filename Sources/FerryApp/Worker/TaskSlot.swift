// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The one task, or setup, a worker may be busy with.
final class TaskSlot: Sendable {
    private struct Occupant {
        /// Nil for a setup.
        let task: String?
        let cancellation: AsyncStream<Void>.Continuation
    }

    private let occupant = Mutex<Occupant?>(nil)

    /// Takes the slot for a task. The stream gives one element when the host cancels the task.
    ///
    /// - Returns: nil when another task has it.
    func begin(_ task: String?) -> AsyncStream<Void>? {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        return occupant.withLock { occupant in
            guard occupant == nil else { return nil }
            occupant = Occupant(task: task, cancellation: continuation)
            return stream
        }
    }

    /// Frees the slot.
    func end() {
        occupant.withLock { $0 = nil }
    }

    /// Asks the task to stop; does nothing when it is not the one at work.
    func cancel(_ task: String) {
        occupant.withLock { occupant in
            guard let occupant, occupant.task == task else { return }
            occupant.cancellation.yield()
        }
    }
}
