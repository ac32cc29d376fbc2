// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryTesting
import FerryWire
import NIOCore
import Synchronization

struct BrokenBlobStore: BlobStore {
    enum Fault {
        case losesLastByte
        case commitsOnFinish
    }

    let fault: Fault
    let sound = InMemoryBlobStore()

    func begin(team: String, expectedSize: Int64?) async throws -> any BlobWriter {
        Writer(sound: try await sound.begin(team: team, expectedSize: expectedSize), fault: fault)
    }

    func open(_ key: String) async throws -> (any BlobReader)? { try await sound.open(key) }
    func remove(_ key: String) async throws { try await sound.remove(key) }
    func removeAbandoned() async throws -> Int { try await sound.removeAbandoned() }
    func keys(after: String?, limit: Int) async throws -> [String] { try await sound.keys(after: after, limit: limit) }

    private struct Writer: BlobWriter {
        let sound: any BlobWriter
        let fault: Fault

        func write(_ bytes: ByteBuffer) async throws {
            var bytes = bytes
            if fault == .losesLastByte, bytes.readableBytes > 1 { bytes.moveWriterIndex(to: bytes.writerIndex - 1) }
            try await sound.write(bytes)
        }

        func finish() async throws -> BlobDigest {
            let digest = try await sound.finish()
            if fault == .commitsOnFinish { _ = try await sound.commit() }
            return digest
        }

        func commit() async throws -> BlobReference { try await sound.commit() }
        func abort() async { await sound.abort() }
    }
}

struct BrokenFileIndex: FileIndex {
    enum Fault {
        case completesTwice
        case ignoresIDsInPages
        case dropsUnknownConditions
    }

    let fault: Fault
    let sound = InMemoryFileIndex()

    func insert(_ files: [FileRecord]) async throws { try await sound.insert(files) }
    func file(id: String) async throws -> FileRecord? { try await sound.file(id: id) }

    func update(id: String, change: FileChange, at time: Timestamp) async throws -> FileRecord? {
        if fault == .completesTwice, change.bytes != nil, var file = try await sound.delete(id: id) {
            file.blob = nil
            try await sound.insert([file])
        }
        return try await sound.update(id: id, change: change, at: time)
    }

    func delete(id: String) async throws -> FileRecord? { try await sound.delete(id: id) }

    func list(_ query: RecordQuery) async throws -> [FileRecord] {
        var query = query
        if fault == .ignoresIDsInPages { query.position?.id = query.isBackward ? "a" : "z" }
        if fault == .dropsUnknownConditions {
            query.conditions.removeAll { $0.field.isEmpty || $0.field == "nothing" }
        }
        return try await sound.list(query)
    }

    func isReferenced(blobKey: String) async throws -> Bool { try await sound.isReferenced(blobKey: blobKey) }

    func removeExpired(at time: Timestamp, pendingBefore: Timestamp, limit: Int) async throws -> [FileRecord] {
        try await sound.removeExpired(at: time, pendingBefore: pendingBefore, limit: limit)
    }
}

final class BrokenTaskStore: TaskStore, TaskQueue {
    enum Fault {
        case claimsTwice
        case endsTwice
        case mixesKinds
        case ignoresShares
    }

    let fault: Fault
    let sound = InMemoryTaskStore()
    private let lastClaim = Mutex<TaskRecord?>(nil)

    init(fault: Fault) { self.fault = fault }

    func insert(_ task: TaskRecord) async throws { try await sound.insert(task) }
    func task(id: String) async throws -> TaskRecord? { try await sound.task(id: id) }

    func transition(
        id: String, to status: TaskStatus, from allowed: Set<TaskStatus>, owner: String?, change: TaskChange,
        at time: Timestamp
    ) async throws -> TaskRecord? {
        let changed = try await sound.transition(
            id: id, to: status, from: allowed, owner: owner, change: change, at: time)
        guard changed == nil, fault == .endsTwice, let task = try await sound.task(id: id), task.status.isTerminal,
            allowed.contains(task.status)
        else { return changed }
        return task
    }

    func appendLog(
        id: String, kind: TaskLogDTO.Kind, text: String, maximumBytes: Int, at time: Timestamp
    ) async throws {
        try await sound.appendLog(id: id, kind: kind, text: text, maximumBytes: maximumBytes, at: time)
    }

    func list(_ query: RecordQuery) async throws -> [TaskRecord] { try await sound.list(query) }
    func delete(id: String) async throws -> Bool { try await sound.delete(id: id) }
    func unfinishedCount() async throws -> Int { try await sound.unfinishedCount() }

    func claim(
        owner: String, leaseUntil: Timestamp, ofChats: Bool, maximumPerTeam: Int, at time: Timestamp
    ) async throws -> TaskRecord? {
        if fault == .claimsTwice, let task = lastClaim.withLock({ $0.take() }) { return task }
        var task = try await sound.claim(
            owner: owner, leaseUntil: leaseUntil, ofChats: ofChats,
            maximumPerTeam: fault == .ignoresShares ? .max : maximumPerTeam, at: time)
        if fault == .mixesKinds, task == nil {
            task = try await sound.claim(owner: owner, leaseUntil: leaseUntil, ofChats: !ofChats, at: time)
        }
        lastClaim.withLock { $0 = task }
        return task
    }

    func renew(id: String, owner: String, leaseUntil: Timestamp) async throws -> TaskStatus? {
        try await sound.renew(id: id, owner: owner, leaseUntil: leaseUntil)
    }

    func reclaim(
        leaseExpiredBefore expiry: Timestamp, error: String, at time: Timestamp
    ) async throws -> [TaskRecord] {
        try await sound.reclaim(leaseExpiredBefore: expiry, error: error, at: time)
    }
}

/// Keeps every wake-up; told so, wakes everybody.
final class BrokenEventBus: EventBus {
    private let mixesTopics: Bool
    private let subscribers = Mutex<[(EventTopic, AsyncStream<Void>.Continuation)]>([])

    init(mixesTopics: Bool) { self.mixesTopics = mixesTopics }

    func publish(_ topic: EventTopic) {
        for (own, continuation) in subscribers.withLock({ $0 }) where mixesTopics || own == topic {
            continuation.yield()
        }
    }

    func subscribe(_ topic: EventTopic) -> AsyncStream<Void> {
        let policy: AsyncStream<Void>.Continuation.BufferingPolicy = mixesTopics ? .bufferingNewest(1) : .unbounded
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: policy)
        subscribers.withLock { $0.append((topic, continuation)) }
        return stream
    }

    func observe(_ topic: EventTopic, _ wake: @escaping @Sendable () -> Void) -> EventObservation {
        EventObservation {}
    }
}

struct ForgetfulAccessStore: AccessStore {
    let sound = InMemoryAccessStore()

    func team(named name: String, newID: String, at time: Timestamp) async throws -> TeamRecord {
        TeamRecord(id: newID, name: name, createdAt: time)
    }

    func insert(_ key: KeyRecord) async throws { try await sound.insert(key) }
    func key(hash: String) async throws -> KeyRecord? { try await sound.key(hash: hash) }
    func key(id: String) async throws -> KeyRecord? { try await sound.key(id: id) }
    func keys(teamID: String?, limit: Int) async throws -> [KeyRecord] {
        try await sound.keys(teamID: teamID, limit: limit)
    }
    func revoke(id: String, at time: Timestamp) async throws -> Bool { try await sound.revoke(id: id, at: time) }
}

struct ForgetfulSecretStore: SecretStore {
    func secret(named name: String, orInsert fresh: [UInt8]) async throws -> [UInt8] { fresh }
}
