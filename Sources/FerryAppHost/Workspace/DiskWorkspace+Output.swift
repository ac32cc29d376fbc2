// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import NIOPosix

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

extension DiskWorkspace {
    /// Most bytes of a path.
    private static let maximumPath = 4096
    /// What of `/app` apps may leave files in.
    private static let appFolders = ["data", "tmp", "cache"]

    /// A place that files are taken from: an open folder, and the names on the way down from it.
    private struct Place {
        enum Root {
            case open(Descriptor)
            /// A folder that everybody may write to; only what is the app's and of this task is taken from it.
            case shared(String)
        }

        let root: Root
        let parts: [String]
    }

    /// Opens a file the app made; nil unless it is a regular file with one name in a place where apps may leave files,
    /// reached without links: the task's `out` and `tmp`, the worker's working folder, and `/tmp` and
    /// `/app/{data,tmp,cache}` as the app sees them. If apps have a user of their own, the file must be that user's. Where
    /// those places are everybody's, it must be the apps' user's and not older than the task.
    ///
    /// A relative path starts at the app's working directory.
    /// - Throws: ``AppFailure`` if the path leads anywhere else.
    func open(output path: String) async throws -> (any BlobReader)? {
        guard let place = place(of: path) else {
            throw AppFailure(
                message: "the app returned a file from a place that files are not taken from: they must lie in its "
                    + "output folder, its working folder, /tmp or /app/{data,tmp,cache}")
        }
        return try await threadPool.runIfActive { [self] in
            do throws(SystemFailure) {
                guard var folder = try open(place.root), let last = place.parts.last else { return nil }
                for part in place.parts.dropLast() { folder = try folder.folder(part) }
                let file = try folder.file(last)
                let facts = try file.facts()
                // A second name could be that of a file of the server's.
                guard facts.st_mode & S_IFMT == S_IFREG, facts.st_nlink == 1 else { return nil }
                if let user = worker.user, facts.st_uid != user.id { return nil }
                if case .shared = place.root, !isOfThisTask(facts) { return nil }
                return OutputFile(file: file, size: Int64(facts.st_size), threadPool: threadPool)
            } catch {
                if Self.meansNoSuchFile(error.code) { return nil }
                throw ServerError(error, doing: "open a file of the app's")
            }
        }
    }

    private func open(_ root: Place.Root) throws(SystemFailure) -> Descriptor? {
        switch root {
        case .open(let folder): folder
        case .shared(let path): try Descriptor.folder(at: path)
        }
    }

    /// Whether a file in a shared place was made or changed by an app since the task began. The time of the last change
    /// of state cannot be set by anybody.
    private func isOfThisTask(_ facts: stat) -> Bool {
        #if canImport(Darwin)
        let changed = facts.st_ctimespec
        #else
        let changed = facts.st_ctim
        #endif
        return facts.st_uid == worker.user?.id ?? geteuid()
            && (changed.tv_sec, changed.tv_nsec) >= (start.tv_sec, start.tv_nsec)
    }

    /// Where a path leads; nil if to no place that files are taken from.
    private func place(of path: String) -> Place? {
        let bytes = Array(path.utf8)
        guard !bytes.isEmpty, bytes.count <= Self.maximumPath, !bytes.contains(0) else { return nil }
        var parts = bytes.split(separator: UInt8(ascii: "/")).map { String(decoding: $0, as: UTF8.self) }
        parts.removeAll { $0 == "." }
        guard !parts.contains(".."), !parts.isEmpty else { return nil }
        guard bytes.first == UInt8(ascii: "/") else { return Place(root: .open(worker.work), parts: parts) }
        let own = worker.path.utf8.split(separator: UInt8(ascii: "/")).map { String(decoding: $0, as: UTF8.self) }
        if parts.starts(with: own, by: { $0.utf8.elementsEqual($1.utf8) }) {
            return ownPlace(Array(parts.dropFirst(own.count)))
        }
        return systemPlace(parts)
    }

    /// A place in the worker's own folder.
    private func ownPlace(_ parts: [String]) -> Place? {
        switch parts.first {
        case "work": return Self.below(worker.work, parts, dropping: 1)
        case "tmp": return Self.below(worker.temporary, parts, dropping: 1)
        case "app":
            guard parts.count > 2, Self.appFolders.contains(parts[1]) else { return nil }
            return Self.below(worker.app, parts, dropping: 1)
        case "tasks":
            guard parts.count > 3, parts[1].utf8.elementsEqual(name.utf8) else { return nil }
            switch parts[2] {
            case Self.outputName: return Self.below(output, parts, dropping: 3)
            case Self.temporaryName: return Self.below(temporary, parts, dropping: 3)
            default: return nil
            }
        default: return nil
        }
    }

    /// A place in the file system as the worker sees it.
    private func systemPlace(_ parts: [String]) -> Place? {
        switch parts[0] {
        case "tmp":
            guard worker.isIsolated else { return Self.below("/tmp", parts, dropping: 1) }
            guard parts.count > 1, !worker.mountPoints.contains(parts[1]) else { return nil }
            return Self.below(worker.temporary, parts, dropping: 1)
        case "app":
            guard parts.count > 2, Self.appFolders.contains(parts[1]) else { return nil }
            return worker.isIsolated
                ? Self.below(worker.app, parts, dropping: 1) : Self.below("/app/\(parts[1])", parts, dropping: 2)
        default: return nil
        }
    }

    private static func below(_ folder: Descriptor, _ parts: [String], dropping count: Int) -> Place? {
        parts.count > count ? Place(root: .open(folder), parts: Array(parts.dropFirst(count))) : nil
    }

    private static func below(_ folder: String, _ parts: [String], dropping count: Int) -> Place? {
        parts.count > count ? Place(root: .shared(folder), parts: Array(parts.dropFirst(count))) : nil
    }

    private static func meansNoSuchFile(_ code: Int32) -> Bool {
        [ENOENT, ENOTDIR, ELOOP, EACCES, EPERM, ENXIO, ENODEV, ENAMETOOLONG, EISDIR].contains(code)
    }
}
