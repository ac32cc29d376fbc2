// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
package import NIOPosix

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A version of an app that was put into a folder of apps.
package struct InstalledApp: Sendable, Hashable {
    let settings: AppSettings
    /// Follows from the files: equal folders are equal versions.
    package let versionID: String
    /// False if that version was there already.
    package let isNew: Bool

    /// `namespace/name`.
    package var reference: String { settings.reference }
}

/// Puts versions of apps into a folder of apps: `.versions/<namespace>/<name>/<version>`, with a symbolic link
/// `<namespace>.<name>` at the newest.
///
/// A version appears whole or not at all. What a process that died left behind is removed by the next installation.
package struct AppFolderStore: Sendable {
    /// How temporary folders within `.versions` begin.
    static let temporaryPrefix = ".new-"

    /// How long another process's lock is looked at again and again.
    private static let lockPause = Duration.milliseconds(50)

    /// The folder of apps.
    package let appsDirectory: String
    let limits: CatalogLimits
    let threadPool: NIOThreadPool
    /// One after the other, so that they do not take all the threads that everybody reads files by.
    private let turns = Turns(1)

    /// A store over a folder, which is made when missing.
    package init(appsDirectory: String) { self.init(appsDirectory: appsDirectory, limits: CatalogLimits()) }

    /// A store with limits of its own.
    package init(appsDirectory: String, limits: CatalogLimits, threadPool: NIOThreadPool = .singleton) {
        self.appsDirectory = appsDirectory
        self.limits = limits
        self.threadPool = threadPool
    }

    /// Copies a folder with its `inf.yml` in as the newest version of its app. Links within it become what they lead
    /// to.
    ///
    /// - Throws: ``ServerError``: `validation_error` that says what is wrong with the folder, `conflict` if a folder made
    ///   by hand or another app has the app's place, `storage_full`, `internal_error`.
    package func install(from folder: String) async throws -> InstalledApp {
        let placed = try await place(from: folder)
        try await publish(placed)
        return placed
    }

    /// Copies a folder in as a version that can be asked for by its id, while the newest one stays what it is.
    ///
    /// - Throws: ``ServerError`` as ``install(from:)``.
    func place(from folder: String) async throws -> InstalledApp {
        try await locked { [self] in
            let tree = try FolderTree.look(at: folder, limits: limits)
            return try placed(tree)
        }
    }

    /// Makes a version that was placed the newest of its app.
    ///
    /// - Throws: ``ServerError`` as ``install(from:)``; `conflict` if the version is gone.
    func publish(_ app: InstalledApp) async throws {
        try await locked { [self] in
            let root = try root()
            try refuseForeign(app.settings, root)
            let target = "\(AppFolderScan.versionsName)/\(app.reference)/\(app.versionID)"
            guard access("\(root)/\(target)", F_OK) == 0 else {
                throw ServerError(.conflict, "the version of \(app.reference) was removed meanwhile; deploy it again")
            }
            // The newest one is the one that was asked for last.
            _ = utimes("\(root)/\(target)", nil)
            try Self.point(Self.link(of: app.settings, in: root), at: target)
            let versions = Folders.split("\(root)/\(target)").parent
            for folder in [versions, root] { Self.sync(folder) }
            Self.prune(versions, keeping: app.versionID, upTo: limits.keptVersions)
        }
    }

    /// Removes a version that was placed and turned out to be of no use, unless it was there before or is the newest.
    func withdraw(_ app: InstalledApp) async throws {
        guard app.isNew else { return }
        try await locked { [self] in
            let root = try root()
            let place = "\(root)/\(AppFolderScan.versionsName)/\(app.reference)/\(app.versionID)"
            guard Folders.resolved(Self.link(of: app.settings, in: root)) != place else { return }
            Folders.remove(place)
        }
    }

    private static func link(of settings: AppSettings, in root: String) -> String {
        "\(root)/\(settings.namespace).\(settings.name)"
    }

    /// Does something on the disk while no other installation does.
    private func locked<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await turns.run {
            do {
                let lock = try await lock()
                defer { withExtendedLifetime(lock) {} }
                return try await threadPool.runIfActive { try body() }
            } catch let problem as AppFolderProblem {
                throw ServerError(.validation, "the app cannot be deployed: \(problem)", cause: problem)
            } catch let failure as SystemFailure {
                throw ServerError(failure, doing: "put the app into the folder of apps")
            }
        }
    }

    private func placed(_ tree: FolderTree) throws -> InstalledApp {
        let settings = try AppFolderScan.settings(at: tree.root, limits: limits)
        for (key, value) in [("namespace", settings.namespace), ("name", settings.name)]
        where value.utf8.first == UInt8(ascii: ".") {
            throw AppFolderProblem("inf.yml: \(key) must not begin with a dot")
        }
        let root = try root()
        Self.removeLeftovers(root)
        try refuseForeign(settings, root)

        // The copy is what is hashed, so that a folder that changes meanwhile is still what its id says.
        let temporary = "\(root)/\(AppFolderScan.versionsName)/\(Self.temporaryPrefix)\(Identifier.random())"
        try Folders.make(temporary, mode: 0o755)
        var isPlaced = false
        defer { if !isPlaced { Folders.remove(temporary) } }
        for file in tree.files { try TreeCopy.copy(file, from: tree.root, to: temporary, upTo: limits.maximumBytes) }
        let version = try FolderTree.look(at: temporary, limits: limits).versionID()

        let versions = "\(root)/\(AppFolderScan.versionsName)/\(settings.reference)"
        try Folders.make(versions, mode: 0o755)
        let place = "\(versions)/\(version)"
        let isNew = access(place, F_OK) != 0
        if isNew {
            guard rename(temporary, place) == 0 else { throw SystemFailure(call: "renaming a folder", code: errno) }
            isPlaced = true
        }
        return InstalledApp(settings: settings, versionID: version, isNew: isNew)
    }

    /// The folder without links, made when missing.
    private func root() throws(SystemFailure) -> String {
        try Folders.make(appsDirectory, mode: 0o755)
        guard let root = Folders.resolved(appsDirectory) else {
            throw SystemFailure(call: "resolving a path", code: errno)
        }
        return root
    }

    /// Keeps the installations of other processes away; they are short.
    private func lock() async throws -> Descriptor {
        let file = try await threadPool.runIfActive { [self] in
            let folder = "\(try root())/\(AppFolderScan.versionsName)"
            try Folders.make(folder, mode: 0o755)
            let raw = open("\(folder)/.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            guard raw >= 0 else { throw SystemFailure(call: "opening a lock", code: errno) }
            return Descriptor(raw)
        }
        while flock(file.raw, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else {
                throw SystemFailure(call: "taking a lock", code: errno)
            }
            try await Task.sleep(for: Self.lockPause)
        }
        return file
    }

    /// Refuses to take the place of a folder that somebody made, and of another app: `a.b/c` and `a/b.c` have the same.
    private func refuseForeign(_ settings: AppSettings, _ root: String) throws {
        var facts = stat()
        let link = Self.link(of: settings, in: root)
        if lstat(link, &facts) == 0, facts.st_mode & S_IFMT != S_IFLNK {
            throw ServerError(
                .conflict,
                "a folder made by hand is in the place of \(settings.reference); move it away from the folder of apps")
        }
        let own = "\(root)/\(AppFolderScan.versionsName)/\(settings.reference)/"
        if let target = Folders.resolved(link), !target.utf8.starts(with: own.utf8) {
            throw ServerError(
                .conflict,
                "the link \(Folders.split(link).name) in the folder of apps leads to another app than "
                    + "\(settings.reference); remove it, or give the app another name")
        }
        for name in try Folders.names(in: root, upTo: limits.maximumApps) where name.utf8.first != UInt8(ascii: ".") {
            let path = "\(root)/\(name)"
            guard lstat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFDIR,
                let other = try? AppFolderScan.settings(at: path, limits: limits),
                other.reference == settings.reference
            else { continue }
            throw ServerError(
                .conflict,
                "the folder \(name), made by hand, holds \(settings.reference); move it away from the folder of apps")
        }
    }

    /// Lets a link lead elsewhere, in one step.
    private static func point(_ link: String, at target: String) throws(SystemFailure) {
        let (parent, _) = Folders.split(link)
        let temporary = "\(parent)/\(AppFolderScan.versionsName)/\(temporaryPrefix)\(Identifier.random())"
        guard symlink(target, temporary) == 0 else { throw SystemFailure(call: "making a link", code: errno) }
        guard rename(temporary, link) == 0 else {
            let code = errno
            _ = unlink(temporary)
            throw SystemFailure(call: "renaming a link", code: code)
        }
    }

    /// Removes what installations left behind that died. Under the lock only.
    private static func removeLeftovers(_ root: String) {
        let versions = "\(root)/\(AppFolderScan.versionsName)"
        for name in (try? Folders.names(in: versions, upTo: 10_000)) ?? [] where name.hasPrefix(temporaryPrefix) {
            Folders.remove("\(versions)/\(name)")
        }
    }

    /// Removes the oldest versions beyond those that are kept.
    private static func prune(_ versions: String, keeping newest: String, upTo count: Int) {
        let names = ((try? Folders.names(in: versions, upTo: 10_000)) ?? []).filter { $0 != newest }
        let dated = names.map { name -> (name: String, time: Int64) in
            var facts = stat()
            return (name, stat("\(versions)/\(name)", &facts) == 0 ? facts.changed : 0)
        }
        for old in dated.sorted(by: { $0.time > $1.time }).dropFirst(max(0, count - 1)) {
            Folders.remove("\(versions)/\(old.name)")
        }
    }

    private static func sync(_ path: String) {
        if let folder = try? Descriptor.folder(at: path) { _ = fsync(folder.raw) }
    }
}
