// SPDX-License-Identifier: Apache-2.0

import FerryWire
import NIOPosix
import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// When room was made last.
final class UpkeepClock: Sendable {
    private let added = Mutex<Int64?>(nil)

    /// Whether it is time to look at all that is there: first of all, and whenever enough was added.
    func isDue(added bytes: Int64, step: Int64) -> Bool {
        added.withLock { added in
            let sum = (added ?? step) + bytes
            added = sum > step ? 0 : sum
            return sum > step
        }
    }
}

/// Which files are to be removed from a cache.
public struct CachePruning: Sendable, Hashable {
    /// Files unused for longer than so many seconds go; nil for none.
    public var unusedFor: Int64?
    /// The files unused for longest go until no more than so many bytes are taken; nil for no limit.
    public var maximumSize: Int64?
    /// Whether all go that nobody uses.
    public var isAll: Bool
    /// Files used within so many seconds stay, unless all go.
    public var grace: Int64
    /// Whether files of the official libraries count too; nobody's use of them can be seen.
    public var includesOfficial: Bool

    /// A choice; by itself it removes only what is left over.
    public init(
        unusedFor: Int64? = nil, maximumSize: Int64? = nil, isAll: Bool = false, grace: Int64 = 0,
        includesOfficial: Bool = false
    ) {
        self.unusedFor = unusedFor
        self.maximumSize = maximumSize
        self.isAll = isAll
        self.grace = grace
        self.includesOfficial = includesOfficial
    }
}

/// What pruning did.
public struct CachePruned: Sendable, Hashable {
    /// Files removed.
    public var files = 0
    /// Bytes freed on the disk.
    public var bytes: Int64 = 0
    /// Files that were to go but are in use.
    public var inUse = 0
}

extension FileCache {
    /// Age at which an unlocked part counts as left behind, in seconds.
    private static let partAge: Int64 = 60

    /// Removes files.
    ///
    /// - Throws: ``AppFailure`` (`file_storage`).
    public func prune(_ choice: CachePruning) async throws -> CachePruned {
        let time = now()
        return try await threads.runIfActive { [self] in
            if try folder.check() { sweep() }
            return try pruneNow(choice, now: time)
        }
    }

    /// Evicts what is unused for longest if there is too much. Failing to is no failure of what was asked for.
    func makeRoom(added: Int64) async {
        guard upkeep.isDue(added: added, step: limits.maximumCacheSize / 32) else { return }
        let time = now()
        let choice = CachePruning(maximumSize: limits.maximumCacheSize, grace: limits.grace)
        _ = try? await threads.runIfActive { [self] in try pruneNow(choice, now: time) }
    }

    /// Bytes on the disk of what may go to make room. Blocks.
    func evictable() -> Int64 {
        let time = now()
        return contents().filter { (time - $0.used) / 1_000_000 >= limits.grace }.reduce(0) { $0 + $1.allocated }
    }

    /// Evicts what is unused for longest, so many bytes on the disk or as many as may go. False if nothing went. Blocks.
    func evict(_ bytes: Int64) -> Bool {
        let taken = contents().reduce(0) { $0 + $1.allocated }
        let choice = CachePruning(maximumSize: max(0, taken - bytes), grace: limits.grace)
        return ((try? pruneNow(choice, now: now()))?.files ?? 0) > 0
    }

    /// Blocks.
    private func pruneNow(_ choice: CachePruning, now: Int64) throws -> CachePruned {
        var report = CachePruned()
        let isThere = try folder.check()
        var entries = isThere ? contents() : []
        if choice.includesOfficial { entries += officialFiles() }
        entries.sort { ($0.used, $0.name) < ($1.used, $1.name) }
        var total = entries.reduce(0) { $0 + $1.allocated }
        for entry in entries {
            let unused = (now - entry.used) / 1_000_000
            let isOld = choice.unusedFor.map { unused > $0 } ?? false
            let isTooMuch = choice.maximumSize.map { total > $0 } ?? false
            guard choice.isAll || (isOld || isTooMuch) && unused >= choice.grace else { continue }
            guard try remove(entry) else {
                report.inUse += 1
                continue
            }
            report.files += 1
            report.bytes += entry.allocated
            total -= entry.allocated
        }
        if isThere { removeOrphans() }
        return report
    }

    private func remove(_ entry: CacheContent) throws -> Bool {
        if entry.isOfficial { return folder.removeOfficial(entry.name) }
        return try folder.evict(entry.name)
    }

    /// Removes records without bytes and locks of nothing. Blocks.
    private func removeOrphans() {
        var kept: Set<String> = []
        for key in CacheFolder.names(folder.known) {
            if let record = record(key), FileFacts(path: folder.data(record.sha256)) != nil {
                kept.formUnion([key, record.sha256])
                continue
            }
            // Whoever works on it has its lock.
            guard CacheFolder.isKey(key), let lock = try? CacheLock.take(folder.lock(key)) else { continue }
            let isStillOrphan = record(key).map { FileFacts(path: folder.data($0.sha256)) == nil } ?? true
            if isStillOrphan { _ = unlink(folder.record(key)) }
            lock.release()
        }
        for name in CacheFolder.names(folder.locks) where CacheFolder.isKey(name) && !kept.contains(name) {
            guard let lock = try? CacheLock.take(folder.lock(name)) else { continue }
            _ = unlink(folder.lock(name))
            lock.release()
        }
    }

    /// Removes parts that died with their process. Blocks.
    func sweep() {
        let time = now()
        for name in CacheFolder.names(folder.parts) where CacheFolder.isUniqueName(name) {
            let path = "\(folder.parts)/\(name)"
            guard let facts = FileFacts(path: path), facts.isRegular,
                time / 1_000_000 - facts.modified / 1_000_000_000 > Self.partAge
            else { continue }
            let descriptor = systemOpen(path)
            let lock = CacheLock(owning: descriptor)
            if descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) == 0 { _ = unlink(path) }
            lock.release()
        }
    }
}

/// `open` for reading, by a name that does not clash with methods.
private func systemOpen(_ path: String) -> CInt { open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) }
