// SPDX-License-Identifier: Apache-2.0

import NIOPosix
import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// What a process and all that it started take of the memory. On Linux only; elsewhere nothing is known.
final class MemoryWatch: Sendable {
    /// What `/proc` says of a process.
    struct Row: Sendable, Hashable {
        var id: Int32
        var parent: Int32
        var group: Int32
        var session: Int32
        /// When it began, in ticks since the system did.
        var start: Int64
        /// Bytes in memory, shared ones included.
        var resident: Int64

        /// What tells it from every other process, before and after it.
        struct Key: Sendable, Hashable {
            let id: Int32
            let start: Int64
        }

        var key: Key { Key(id: id, start: start) }

        /// Reads `/proc/<id>/stat`. The program's name stands in brackets and may hold anything.
        init?(stat: String, pageSize: Int64) {
            guard let open = stat.utf8.firstIndex(of: UInt8(ascii: "(")),
                let close = stat.utf8.lastIndex(of: UInt8(ascii: ")")),
                let id = Int32(stat[..<open].split(separator: " ").first ?? "")
            else { return nil }
            let fields = stat[stat.index(after: close)...].split(separator: " ")
            guard fields.count > 21, let parent = Int32(fields[1]), let group = Int32(fields[2]),
                let session = Int32(fields[3]), let start = Int64(fields[19]), let pages = Int64(fields[21])
            else { return nil }
            self.id = id
            self.parent = parent
            self.group = group
            self.session = session
            self.start = start
            resident = pages * pageSize
        }
    }

    let leader: Int32
    let threadPool: NIOThreadPool
    /// What belonged to it at the last look: what leaves the family later is known by it.
    private let known = Mutex<Set<Row.Key>>([])

    init(leader: Int32, threadPool: NIOThreadPool) {
        self.leader = leader
        self.threadPool = threadPool
    }

    /// Bytes that are taken; nil if that cannot be found out. What several processes share counts once if it matters.
    func taken(limit: Int64) async -> Int64? {
        #if os(Linux)
        return try? await threadPool.runIfActive { [self] () -> Int64? in
            let family = look()
            let resident = family.reduce(0) { $0 + $1.resident }
            // Counting shared memory in parts is exact, and slow.
            guard resident > limit else { return resident }
            return family.reduce(0) { $0 + (Self.proportional($1.id) ?? $1.resident) }
        }
        #else
        return nil
        #endif
    }

    /// Kills what descends from the process and has a group of its own. To be called while the leader has not been waited
    /// for, and also when the calling task is cancelled.
    func kill() async {
        #if os(Linux)
        await withCheckedContinuation { continuation in
            threadPool.submit { [self] state in
                if state == .active { killNow() }
                continuation.resume()
            }
        }
        #endif
    }

    private func killNow() {
        for row in look() where row.id > 1 && row.id != leader && row.group != leader { Self.end(row.id) }
    }

    /// The family as it is now, and what was of it at the last look and lives.
    private func look() -> [Row] {
        let rows = Self.rows()
        return known.withLock { known in
            let members = Set(Self.family(of: leader, in: rows).map(\.key))
            let left = rows.filter { members.contains($0.key) || known.contains($0.key) }
            known = Set(left.map(\.key))
            return left
        }
    }

    private static func end(_ id: Int32) {
        #if canImport(Darwin)
        _ = Darwin.kill(id, SIGKILL)
        #elseif canImport(Musl)
        _ = Musl.kill(id, SIGKILL)
        #else
        _ = Glibc.kill(id, SIGKILL)
        #endif
    }

    /// The process, all of its group and session, and whatever descends from those.
    static func family(of leader: Int32, in rows: [Row]) -> [Row] {
        var members = Set(rows.filter { $0.id == leader || $0.group == leader || $0.session == leader }.map(\.id))
        var isGrowing = true
        while isGrowing {
            isGrowing = false
            for row in rows where members.contains(row.parent) && members.insert(row.id).inserted { isGrowing = true }
        }
        return rows.filter { members.contains($0.id) }
    }

    private static func rows() -> [Row] {
        guard let folder = try? Descriptor.folder(at: "/proc"), let names = try? folder.names(upTo: 100_000) else {
            return []
        }
        let pageSize = Int64(getpagesize())
        return names.compactMap { name in
            guard let first = name.first,
                (CChar(bitPattern: UInt8(ascii: "0"))...CChar(bitPattern: UInt8(ascii: "9")))
                    .contains(first)
            else { return nil }
            let id = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            return text("/proc/\(id)/stat").flatMap { Row(stat: $0, pageSize: pageSize) }
        }
    }

    /// A process's share of what it has in memory.
    private static func proportional(_ id: Int32) -> Int64? {
        guard let rollup = text("/proc/\(id)/smaps_rollup") else { return nil }
        for line in rollup.split(separator: "\n") where line.hasPrefix("Pss:") {
            return line.split(separator: " ").dropFirst().first.flatMap { Int64($0) }.map { $0 << 10 }
        }
        return nil
    }

    private static func text(_ path: String) -> String? {
        guard let file = try? Descriptor.file(at: path) else { return nil }
        var bytes = [UInt8](repeating: 0, count: 8 << 10)
        let count = read(file.raw, &bytes, bytes.count)
        guard count > 0 else { return nil }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}
