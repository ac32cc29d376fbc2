// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// As much of a task as tells whether anything of it changed: watchers look often, and inputs can be large.
public struct TaskGlance: Sendable, Hashable {
    /// Its state.
    public var status: TaskStatus
    /// When it last changed.
    public var updatedAt: Timestamp
    /// A number that differs whenever its logs do.
    public var logMark: Int64

    /// What was seen.
    public init(status: TaskStatus, updatedAt: Timestamp, logMark: Int64) {
        self.status = status
        self.updatedAt = updatedAt
        self.logMark = logMark
    }

    /// What a whole record shows at a glance, for stores that have nothing cheaper.
    public init(_ task: TaskRecord) {
        var hasher = Hasher()
        hasher.combine(task.logs)
        self.init(status: task.status, updatedAt: task.updatedAt, logMark: Int64(hasher.finalize()))
    }
}

extension TaskStore {
    /// Reads the whole record; stores with large records can do better.
    public func glance(id: String) async throws -> TaskGlance? { try await task(id: id).map { TaskGlance($0) } }
}
