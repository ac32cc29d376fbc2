// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// Tasks that wait to be run, durable, with leases: at least once, never twice at a time while leases are kept.
public protocol TaskQueue: Sendable {
    /// Takes the next queued task that is due: of the team with the fewest tasks under way, and among those the one that
    /// was given a task longest ago, the task due longest. Tasks of a session are taken one after the other.
    ///
    /// It becomes dispatched, is the owner's until the lease ends, and counts one attempt more.
    /// - Parameter ofChats: whether the answer to a message of a chat is wanted, or any other task. Who has the fewest
    ///   under way is told within that kind.
    /// - Parameter maximumPerTeam: a team that has as many of that kind under way gets no more.
    func claim(
        owner: String, leaseUntil: Timestamp, ofChats: Bool, maximumPerTeam: Int, at time: Timestamp
    ) async throws -> TaskRecord?

    /// Prolongs a lease, and gives the task's state; nil if the task is no longer the owner's.
    func renew(id: String, owner: String, leaseUntil: Timestamp) async throws -> TaskStatus?

    /// Takes tasks back whose lease ended before that time, all or some.
    ///
    /// One that may be begun again is queued; one that was being cancelled becomes cancelled; any other failed, with
    /// `error` set to the given text. Owner and lease are cleared, the event is recorded.
    /// - Returns: the tasks taken back, as they are afterwards.
    func reclaim(leaseExpiredBefore: Timestamp, error: String, at time: Timestamp) async throws -> [TaskRecord]
}

extension TaskQueue {
    /// Takes the next queued task that is due and belongs to no chat, or is of one, however many its team has.
    public func claim(
        owner: String, leaseUntil: Timestamp, ofChats: Bool = false, at time: Timestamp
    ) async throws -> TaskRecord? {
        try await claim(owner: owner, leaseUntil: leaseUntil, ofChats: ofChats, maximumPerTeam: .max, at: time)
    }
}
