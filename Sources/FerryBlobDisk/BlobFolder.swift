// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import FerryWire
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// The store's folder, with all that is done to it. Every call blocks: for the thread pool only.
final class BlobFolder: Sendable {
    static let temporaryName = "tmp"
    /// Most folders remembered as durable; beyond, they are made durable again.
    private static let maximumKnownFolders = 65_536

    let limits: DiskBlobStore.Limits
    let calls: DiskCalls
    private let path: String
    private let root: Descriptor
    let temporary: Descriptor
    /// Shards, `<team>/<aa>`, whose own names are known to be durable.
    private let durableShards = Mutex<Set<String>>([])
    /// Whether a folder could not be made durable. Nothing can be promised from then on.
    private let isBroken = Mutex(false)

    init(root: String, limits: DiskBlobStore.Limits, calls: DiskCalls) throws(SystemError) {
        self.limits = limits
        self.calls = calls
        try Self.makeFolders(root)
        guard let resolved = realpath(root, nil) else { throw SystemError(action: "find the blob folder", code: errno) }
        path = String(cString: resolved)
        free(resolved)
        let opened = openPath(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard opened >= 0 else { throw SystemError(action: "open the blob folder", code: errno) }
        let folder = Descriptor(owning: opened)
        self.root = folder
        guard mkdirat(folder.raw, Self.temporaryName, 0o700) == 0 || errno == EEXIST else {
            throw SystemError(action: "make a folder for uploads", code: errno)
        }
        temporary = try folder.openFolder(Self.temporaryName)
        try calls.makeDurable(folder, "make the blob folder durable")
    }

    private static func makeFolders(_ path: String) throws(SystemError) {
        let parts = path.utf8.split(separator: UInt8(ascii: "/"))
        var current = path.utf8.first == UInt8(ascii: "/") ? "" : "."
        for part in parts {
            current += "/" + String(decoding: part, as: UTF8.self)
            if mkdir(current, 0o700) != 0, errno != EEXIST, access(current, F_OK) != 0 {
                throw SystemError(action: "make the blob folder", code: errno)
            }
        }
    }

    /// The names beside ``temporaryName``.
    func rootNames() throws(SystemError) -> [String] { try root.names() }

    /// A team's folder, which must be there.
    func openFolder(team: String) throws(SystemError) -> Descriptor { try root.openFolder(team) }

    /// Where a blob's file lies.
    func path(of key: BlobKey) -> String { "\(path)/\(key.team)/\(key.shard)/\(key.sha256)" }

    /// - Throws: `ServerError` if that many bytes more would eat into the reserve.
    func requireSpace(for size: Int64) throws(ServerError) {
        guard let free = calls.freeSpace(temporary.raw) else { return }
        guard free - limits.reservedSpace >= size else { throw .noSpace() }
    }

    /// Makes a file for an upload.
    func beginUpload(team: String) throws(ServerError) -> DiskUpload {
        let name = Identifier.random()
        do throws(SystemError) {
            let file = try temporary.open(name, O_RDWR | O_CREAT | O_EXCL, mode: 0o600, "make a file for an upload")
            return DiskUpload(folder: self, file: file, name: name, team: team)
        } catch {
            throw error.serverError
        }
    }

    /// Gives a durable file its final name, durably. Does nothing but that if the bytes are there already.
    func publish(_ name: String, size: Int64, as key: BlobKey) throws(ServerError) {
        guard !isBroken.withLock({ $0 }) else {
            throw ServerError(.unavailable, "the server's disk failed; its operator must check it and start anew")
        }
        do throws(SystemError) {
            let team = try makeFolder(key.team, in: root)
            let shard = try makeFolder(key.shard, in: team)
            try move(name, to: shard, as: key.sha256, size: size)
            try makeDurable(shard, team, key)
        } catch {
            throw error.serverError
        }
    }

    private func makeFolder(_ name: String, in parent: Descriptor) throws(SystemError) -> Descriptor {
        do throws(SystemError) {
            return try parent.openFolder(name)
        } catch  where error.code == ENOENT {
            guard mkdirat(parent.raw, name, 0o700) == 0 || errno == EEXIST else {
                throw SystemError(action: "make a folder", code: errno)
            }
            return try parent.openFolder(name)
        }
    }

    /// A hard link, other than a rename, never replaces what is there.
    private func move(_ name: String, to shard: Descriptor, as digest: String, size: Int64) throws(SystemError) {
        if linkat(temporary.raw, name, shard.raw, digest, 0) == 0 {
            try temporary.unlink(name)
            return
        }
        let code = errno
        if code == EEXIST, try shard.regularFileSize(digest) == size {
            try temporary.unlink(name)
            return
        }
        // What lies there has the wrong size or is no file, or the file system knows no links. A rename replaces a
        // link itself, never what it points at.
        guard [EEXIST, EPERM, ENOTSUP, EOPNOTSUPP, EMLINK, ENOSYS].contains(code) else {
            throw SystemError(action: "name a blob", code: code)
        }
        guard renameat(temporary.raw, name, shard.raw, digest) == 0 else {
            throw SystemError(action: "name a blob", code: errno)
        }
    }

    private func makeDurable(_ shard: Descriptor, _ team: Descriptor, _ key: BlobKey) throws(SystemError) {
        let shardName = "\(key.team)/\(key.shard)"
        let isKnown = durableShards.withLock { $0.contains(shardName) }
        do throws(SystemError) {
            try calls.makeDurable(shard, "make a blob's name durable")
            guard !isKnown else { return }
            try calls.makeDurable(team, "make a folder durable")
            try calls.makeDurable(root, "make a folder durable")
        } catch {
            isBroken.withLock { $0 = true }
            throw error
        }
        durableShards.withLock { shards in
            if shards.count >= Self.maximumKnownFolders { shards.removeAll() }
            shards.insert(shardName)
        }
    }

    /// Opens a blob; nil if there is none.
    func open(_ key: BlobKey) throws(ServerError) -> (file: Descriptor, size: Int64)? {
        do throws(SystemError) {
            let shard = try root.openFolder(key.team).openFolder(key.shard)
            // Without blocking: a planted pipe would else wait for a writer.
            let file = try shard.open(key.sha256, O_RDONLY | O_NONBLOCK, "open a blob")
            guard let size = try file.regularFileSize() else {
                throw SystemError(action: "open a blob", code: EISDIR)
            }
            return (file, size)
        } catch {
            if error.code == ENOENT { return nil }
            throw error.serverError
        }
    }

    /// Removes a blob, if there is one.
    func remove(_ key: BlobKey) throws(ServerError) {
        do throws(SystemError) {
            try root.openFolder(key.team).openFolder(key.shard).unlink(key.sha256)
        } catch {
            if error.code != ENOENT { throw error.serverError }
        }
    }

    /// Removes every file that an upload left, and gives how many.
    func removeAbandoned() throws(ServerError) -> Int {
        do throws(SystemError) {
            var count = 0
            for name in try temporary.names() where try temporary.unlink(name) { count += 1 }
            return count
        } catch {
            throw error.serverError
        }
    }
}

/// `open` of the C library, which a method of that name would hide.
private func openPath(_ path: String, _ flags: CInt) -> CInt { open(path, flags) }
