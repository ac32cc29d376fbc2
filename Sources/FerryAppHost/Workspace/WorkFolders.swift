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

/// Where workers get folders of their own.
struct WorkFolders: Sendable {
    let root: String
    let threadPool: NIOThreadPool
    /// Who the folders are for; nil for the server's own user.
    var user: AppUser?
    /// Whether workers have a file system of their own.
    var isIsolated = false
    /// How long what an app left may take to be removed.
    var removalTime = AppHostLimits().removalTime

    /// Where the folders are for a data folder that others may not enter: there, or, for another user's apps, outside of
    /// it in a place that follows from its path, and that nobody but root can write to.
    static func root(_ folder: String, for user: AppUser?) -> String {
        user == nil ? folder : "/var/lib/ferry/work/\(StableIdentifier.make("work/\(folder)").prefix(16))"
    }

    /// Makes fresh folders, for their user alone.
    ///
    /// - Parameters:
    ///   - label: begins the folder's name.
    ///   - plan: what will be started in it; it must be told if `isIsolated`.
    /// - Throws: ``ServerError`` of code `storage_full` or `internal_error`.
    func make(label: String, for plan: LaunchPlan? = nil) async throws -> WorkerFolder {
        let name = Self.name(for: label)
        let seen = plan.map { Bubblewrap.seen(by: $0) + $0.writable } ?? []
        return try await threadPool.runIfActive {
            do throws(SystemFailure) {
                let (top, path) = try open()
                return try WorkerFolder(
                    in: top, at: path, name: name, user: user, isIsolated: isIsolated, seen: seen,
                    removalTime: removalTime, threadPool: threadPool)
            } catch {
                throw ServerError(error, doing: "make a worker's folder")
            }
        }
    }

    /// Makes folders for as long as the body runs.
    ///
    /// - Throws: as ``make(label:for:)``, and what the body throws.
    func with<Result: Sendable>(
        label: String, for plan: LaunchPlan, _ body: (WorkerFolder) async throws -> Result
    ) async throws -> Result {
        let folder = try await make(label: label, for: plan)
        do {
            let result = try await body(folder)
            await folder.remove()
            return result
        } catch {
            await folder.remove()
            throw error
        }
    }

    /// A name that no other folder has.
    static func name(for label: String) -> String {
        let safe = label.utf8.prefix(64).map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                byte
            default: UInt8(ascii: "_")
            }
        }
        return "\(String(decoding: safe, as: UTF8.self))-\(Identifier.random())"
    }

    /// Removes all folders, and gives how many there were.
    func removeAll() async throws -> Int {
        try await threadPool.runIfActive {
            do throws(SystemFailure) {
                let (top, _) = try open()
                var count = 0
                while true {
                    let names = try top.names(upTo: 1024)
                    let removed = names.count { TreeRemoval.remove($0, in: top) }
                    count += removed
                    if removed == 0 { return count }
                }
            } catch {
                throw ServerError(error, doing: "remove folders that workers left behind")
            }
        }
    }

    /// Opens the folder, made with its parents when missing, and gives its path without links.
    private func open() throws(SystemFailure) -> (Descriptor, path: String) {
        var made = root.utf8.first == UInt8(ascii: "/") ? "" : "."
        for part in root.utf8.split(separator: UInt8(ascii: "/")) {
            made += "/" + String(Substring(part))
            if mkdir(made, 0o700) == 0 {
                // Another user has to pass through it.
                if user != nil { _ = chmod(made, 0o711) }
            } else if ![EEXIST, EROFS, EACCES, EISDIR].contains(errno) {
                throw SystemFailure(call: "making a folder", code: errno)
            }
        }
        let folder = try Descriptor.folder(at: root, followingLink: user == nil)
        if user != nil {
            // It must be our own before anything is put into it.
            let facts = try folder.facts()
            guard facts.st_uid == geteuid(), fchmod(folder.raw, 0o711) == 0 else {
                throw SystemFailure(call: "taking a folder of somebody else's", code: EPERM)
            }
        }
        guard let real = realpath(root, nil) else { throw SystemFailure(call: "resolving a path", code: errno) }
        defer { free(real) }
        return (folder, String(cString: real))
    }
}

extension ServerError {
    /// A failure of the disk, in words for the caller; the call itself is for the log.
    init(_ failure: SystemFailure, doing what: String) {
        let isFull = failure.code == ENOSPC || failure.code == EDQUOT
        self =
            isFull
            ? ServerError(.storageFull, "the server's disk is full: it could not \(what)", cause: failure)
            : ServerError(.internalError, "the server could not \(what)", cause: failure)
    }
}
