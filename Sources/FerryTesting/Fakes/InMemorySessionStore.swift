// SPDX-License-Identifier: Apache-2.0

public import FerryServerCore
public import FerryWire
internal import Synchronization

/// Records of sessions in memory, for tests.
public final class InMemorySessionStore: SessionStore {
    private let records = Mutex<[String: SessionRecord]>([:])

    /// An empty store.
    public init() {}

    public func insert(_ session: SessionRecord, maximumActive: Int) async throws -> Bool {
        try Task.checkCancellation()
        return try records.withLock { records in
            guard records[session.id] == nil else { throw ServerError(.conflict, "there is such a record already") }
            let active = records.values.count { $0.teamID == session.teamID && $0.status == .active }
            guard active < maximumActive else { return false }
            records[session.id] = session
            return true
        }
    }

    public func session(id: String) async throws -> SessionRecord? {
        try Task.checkCancellation()
        return records.withLock { $0[id] }
    }

    public func sessions(teamID: String, limit: Int) async throws -> [SessionRecord] {
        try Task.checkCancellation()
        let sorted = records.withLock { Array($0.values) }.filter { $0.teamID == teamID }
            .sorted { ($0.createdAt.microseconds, $0.id) > ($1.createdAt.microseconds, $1.id) }
        return Array(sorted.prefix(max(limit, 0)))
    }

    public func overdue(at time: Timestamp, limit: Int) async throws -> [SessionRecord] {
        try Task.checkCancellation()
        let sorted = records.withLock { Array($0.values) }.filter { $0.status == .active && $0.expiresAt <= time }
            .sorted { ($0.expiresAt.microseconds, $0.id) < ($1.expiresAt.microseconds, $1.id) }
        return Array(sorted.prefix(max(limit, 0)))
    }

    public func activeCount() async throws -> Int {
        try Task.checkCancellation()
        return records.withLock { records in records.values.count { $0.status == .active } }
    }

    public func update(
        id: String, change: SessionChange, overdueAt: Timestamp?, at time: Timestamp
    ) async throws -> SessionRecord? {
        try Task.checkCancellation()
        return records.withLock { records in
            guard let old = records[id], old.status == .active, overdueAt.map({ old.expiresAt <= $0 }) ?? true else {
                return nil
            }
            let new = change.applied(to: old, at: time)
            records[id] = new
            return new
        }
    }

    public func removeEnded(before time: Timestamp, limit: Int) async throws -> Int {
        try Task.checkCancellation()
        return records.withLock { records in
            let old = records.values.filter { $0.endedAt.map { $0 < time } ?? false }.prefix(max(limit, 0))
            for record in old { records[record.id] = nil }
            return old.count
        }
    }
}
