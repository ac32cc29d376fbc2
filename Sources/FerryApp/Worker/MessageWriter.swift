// SPDX-License-Identifier: Apache-2.0

import Dispatch
import FerryWire
import Synchronization

/// Messages to the host, in order, one a line; a thread of its own waits for the host to read.
final class MessageWriter: Sendable {
    /// Most bytes of reports that wait while the host does not read.
    private static let maximumPending = 1 << 20

    private let descriptor: Int32
    private let queue = DispatchQueue(label: "ferry.app.output")
    private let pending = Mutex(0)

    /// A writer to a descriptor, which stays the caller's.
    init(descriptor: Int32) { self.descriptor = descriptor }

    /// Queues a message; false, and nothing queued, when too much waits already.
    func offer(_ message: WorkerMessage) -> Bool {
        let line = message.line
        let fits = pending.withLock { waiting in
            guard waiting + line.count <= Self.maximumPending else { return false }
            waiting += line.count
            return true
        }
        guard fits else { return false }
        queue.async {
            _ = writeAll(line, to: self.descriptor)
            self.pending.withLock { $0 -= line.count }
        }
        return true
    }

    /// Writes a message after those queued, and returns when the host's pipe has taken it.
    ///
    /// Not cut short by a cancellation, because half a line would spoil all that follow; a host that goes away ends it.
    func send(_ message: WorkerMessage) async {
        let line = message.line
        await withCheckedContinuation { continuation in
            queue.async {
                // A host that no longer reads has closed our input too, which ends the worker.
                _ = writeAll(line, to: self.descriptor)
                continuation.resume()
            }
        }
    }
}
