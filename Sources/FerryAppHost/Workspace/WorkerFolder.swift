// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import NIOPosix

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// The folders of one worker: `work`, where it works, `home`, `tmp`, `app` with `data`, `tmp` and `cache`, and a folder
/// for each of its tasks in `tasks`.
///
/// The folders stay open, so that an app that puts a link in their place changes nothing for us.
final class WorkerFolder: Sendable {
    /// The folder's absolute path, without links; the same in the worker's own file system.
    let path: String
    let work: Descriptor
    let temporary: Descriptor
    let app: Descriptor
    let threadPool: NIOThreadPool
    /// Who owns all of it; nil for the server's own user.
    let user: AppUser?
    /// Names in `tmp` that other folders of the worker's file system hang from; to be left alone while it lives.
    let mountPoints: Set<String>
    /// Whether the worker sees `tmp` as `/tmp` and `app` as `/app`.
    let isIsolated: Bool
    /// How long what is in it may take to be removed.
    let removalTime: Duration
    private let root: Descriptor
    private let name: String
    private let tasks: Descriptor

    /// Makes the folders in an open one; blocks.
    init(
        in root: Descriptor, at rootPath: String, name: String, user: AppUser?, isIsolated: Bool, seen: [String],
        removalTime: Duration, threadPool: NIOThreadPool
    ) throws(SystemFailure) {
        self.root = root
        self.name = name
        self.user = user
        self.isIsolated = isIsolated
        self.removalTime = removalTime
        self.threadPool = threadPool
        path = "\(rootPath)/\(name)"
        let folder = try root.makeFolder(name)
        work = try folder.makeFolder("work", for: user)
        temporary = try folder.makeFolder("tmp", for: user)
        app = try folder.makeFolder("app", for: user)
        tasks = try folder.makeFolder("tasks", for: user)
        _ = try folder.makeFolder("home", for: user)
        for part in ["data", "tmp", "cache"] { _ = try app.makeFolder(part, for: user) }
        try folder.give(to: user)
        mountPoints = Set((seen + [path]).compactMap { Self.first(of: $0, beneath: "/tmp/") })
    }

    var workPath: String { "\(path)/work" }
    var homePath: String { "\(path)/home" }
    var temporaryPath: String { "\(path)/tmp" }
    var appPath: String { "\(path)/app" }
    var cachePath: String { "\(path)/app/cache" }

    /// Makes fresh folders for a task.
    ///
    /// - Throws: ``ServerError`` of code `storage_full` or `internal_error`.
    func makeTask(label: String) async throws -> DiskWorkspace {
        let name = WorkFolders.name(for: label)
        return try await threadPool.runIfActive { [self] in
            do throws(SystemFailure) {
                return try DiskWorkspace(worker: self, tasks: tasks, name: name)
            } catch {
                throw ServerError(error, doing: "make a task's folder")
            }
        }
    }

    /// Removes what a task left where nothing is kept, also when the calling task is cancelled. False if something could
    /// not be removed, or not in ``removalTime``.
    func tidy() async -> Bool {
        await withCheckedContinuation { continuation in
            threadPool.submit { [self] state in
                guard state == .active else { return continuation.resume(returning: false) }
                let deadline = ContinuousClock.now + removalTime
                let isClean =
                    Self.empty(work, until: deadline)
                    && Self.empty(temporary, keeping: mountPoints, until: deadline)
                    && Self.empty(tasks, until: deadline)
                    && (try? app.folder("tmp")).map { Self.empty($0, until: deadline) } ?? false
                continuation.resume(returning: isClean)
            }
        }
    }

    /// Removes everything, also when the calling task is cancelled. What cannot be removed is left to the next start.
    func remove() async {
        await withCheckedContinuation { continuation in
            threadPool.submit { [self] state in
                if state == .active {
                    _ = TreeRemoval.remove(name, in: root, until: ContinuousClock.now + removalTime)
                }
                continuation.resume()
            }
        }
    }

    private static func empty(
        _ folder: Descriptor, keeping kept: Set<String> = [], until deadline: ContinuousClock.Instant
    ) -> Bool {
        while true {
            guard let names = try? folder.names(upTo: 4096) else { return false }
            let others = names.filter {
                !kept.contains(String(decoding: $0.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
            }
            guard !others.isEmpty else { return true }
            var isBetter = false
            for name in others {
                guard !TreeRemoval.isOver(deadline) else { return false }
                if TreeRemoval.remove(name, in: folder, until: deadline) { isBetter = true }
            }
            guard isBetter else { return false }
        }
    }

    private static func first(of path: String, beneath folder: String) -> String? {
        guard path.utf8.starts(with: folder.utf8) else { return nil }
        let rest = path.utf8.dropFirst(folder.utf8.count)
        return rest.split(separator: UInt8(ascii: "/")).first.map { String(decoding: $0, as: UTF8.self) }
    }
}

extension Descriptor {
    /// Makes a folder in this one, for that user, and opens it.
    func makeFolder(_ name: String, for user: AppUser?) throws(SystemFailure) -> Descriptor {
        let folder = try makeFolder(name)
        try folder.give(to: user)
        return folder
    }

    /// Makes somebody the owner. The group is the server's, to which apps do not belong: what prepares a worker's file
    /// system is root without the right to go where it may not.
    func give(to user: AppUser?) throws(SystemFailure) {
        guard let user else { return }
        let facts = try facts()
        let mode: mode_t = facts.st_mode & S_IFMT == S_IFDIR ? 0o770 : 0o600
        guard fchmod(raw, mode) == 0, fchown(raw, user.id, getegid()) == 0 else {
            throw SystemFailure(call: "giving a file to the apps' user", code: errno)
        }
    }
}
