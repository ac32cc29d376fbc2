// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Counts from many threads.
final class Counter: Sendable {
    private let value = Mutex(0)

    /// One more; the new count.
    @discardableResult
    func next() -> Int {
        value.withLock { value in
            value += 1
            return value
        }
    }

    var count: Int { value.withLock { $0 } }
}
