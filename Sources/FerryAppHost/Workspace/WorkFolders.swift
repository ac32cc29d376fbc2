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

/// Where tasks get folders of their own.
struct WorkFolders: Sendable {
    let root: String
    let threadPool: NIOThreadPool

    /// Makes fresh folders, for the server's user alone.
    ///
    /// - Parameter label: begins the folder's name; a task's id.
    /// - Throws: ``ServerError`` of code `storage_full` or `internal_error`.
    func make(label: String) async throws -> DiskWorkspace {
        let safe = label.utf8.prefix(64).map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                byte
            default: UInt8(ascii: "_")
            }
        }
        let name = "\(String(decoding: safe, as: UTF8.self))-\(Identifier.random())"
        return try await threadPool.runIfActive {
            do throws(SystemFailure) {
                let (top, path) = try Self.open(root)
                let folder = try top.makeFolder(name)
                let input = try folder.makeFolder(DiskWorkspace.inputName)
                let output = try folder.makeFolder(DiskWorkspace.outputName)
                _ = try folder.makeFolder(DiskWorkspace.temporaryName)
                return DiskWorkspace(
                    root: top, name: name, path: "\(path)/\(name)", input: input, output: output,
                    threadPool: threadPool)
            } catch {
                throw ServerError(error, doing: "make a task's folder")
            }
        }
    }

    /// Removes all folders, and gives how many there were.
    func removeAll() async throws -> Int {
        try await threadPool.runIfActive {
            do throws(SystemFailure) {
                let (top, _) = try Self.open(root)
                var count = 0
                while true {
                    let names = try top.names(upTo: 1024)
                    let removed = names.count { TreeRemoval.remove($0, in: top) }
                    count += removed
                    if removed == 0 { return count }
                }
            } catch {
                throw ServerError(error, doing: "remove folders that tasks left behind")
            }
        }
    }

    /// Opens the folder, made with its parents when missing, and gives its path without links.
    private static func open(_ root: String) throws(SystemFailure) -> (Descriptor, path: String) {
        var made = root.utf8.first == UInt8(ascii: "/") ? "" : "."
        for part in root.utf8.split(separator: UInt8(ascii: "/")) {
            made += "/" + String(Substring(part))
            guard mkdir(made, 0o700) == 0 || errno == EEXIST || errno == EROFS || errno == EACCES || errno == EISDIR
            else { throw SystemFailure(call: "making a folder", code: errno) }
        }
        let folder = try Descriptor.folder(at: root)
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
