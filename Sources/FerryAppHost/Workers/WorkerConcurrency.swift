// SPDX-License-Identifier: Apache-2.0

/// How many workers of a version there may be at once.
struct WorkerConcurrency: Sendable, Hashable, ExpressibleByIntegerLiteral {
    /// Of tasks that are no chats.
    var ordinary: Int
    /// Of chats; nil if these count as any other task.
    var chats: Int?

    init(ordinary: Int, chats: Int? = nil) {
        self.ordinary = ordinary
        self.chats = chats
    }

    /// So many for all tasks together.
    init(integerLiteral value: Int) { self.init(ordinary: value) }
}
