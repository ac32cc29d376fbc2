// SPDX-License-Identifier: Apache-2.0

import Crypto
import FerryServerCore
import FerryWire

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// The files of an app's folder, as a version has them: links inside the folder are what they lead to.
struct FolderTree: Sendable, Hashable {
    struct File: Sendable, Hashable {
        /// Relative to the folder, parts parted by `/`.
        let path: String
        let size: Int64
        /// Nanoseconds since 1970.
        let changed: Int64
        let isExecutable: Bool
    }

    /// The folder's path without links.
    let root: String
    /// Ordered by the bytes of their paths.
    let files: [File]

    /// When the newest file changed.
    var changed: Timestamp { Timestamp(microseconds: (files.map(\.changed).max() ?? 0) / 1000) }

    /// What changes with the folder, at the price of a look.
    var stamp: Int { files.hashValue }

    /// Names that are no part of an app, wherever they stand.
    static func isIgnored(_ name: String, in parent: String) -> Bool {
        switch name {
        case ".git", "__pycache__", ".venv", "venv", ".DS_Store": true
        case ".cache": parent == "node_modules" || parent.utf8.suffix(13).elementsEqual("/node_modules".utf8)
        default: name.utf8.suffix(4).elementsEqual(".pyc".utf8)
        }
    }

    /// Looks at a folder. Blocks.
    ///
    /// - Throws: ``AppFolderProblem`` if it holds links that lead out of it, special files, or too much.
    static func look(at folder: String, limits: CatalogLimits) throws(AppFolderProblem) -> FolderTree {
        guard let root = Folders.resolved(folder) else { throw AppFolderProblem("the folder cannot be read") }
        var walk = Walk(root: root, limits: limits)
        try walk.look("", depth: 0)
        return FolderTree(
            root: root, files: walk.files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) })
    }

    /// The version's id: equal folders are equal versions, wherever they lie. Blocks.
    func versionID() throws(AppFolderProblem) -> String {
        var list = "ferry app version 1\n"
        for file in files {
            let digest = try Self.digest("\(root)/\(file.path)", name: file.path)
            list += "\(digest) \(file.isExecutable ? "x" : "-") \(file.path)\n"
        }
        return StableIdentifier.make(list)
    }

    private static func digest(_ path: String, name: String) throws(AppFolderProblem) -> String {
        let raw = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard raw >= 0 else { throw AppFolderProblem("the file \(name) cannot be read; check its permissions") }
        let file = Descriptor(raw)
        var hash = SHA256()
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = buffer.withUnsafeMutableBytes { read(file.raw, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw AppFolderProblem("the file \(name) cannot be read") }
            if count == 0 { break }
            buffer.withUnsafeBytes { hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0.prefix(count))) }
        }
        return hash.finalize().map { byte in
            let text = String(byte, radix: 16)
            return byte < 16 ? "0" + text : text
        }.joined()
    }

    private struct Walk {
        let root: String
        let limits: CatalogLimits
        var files: [File] = []
        var bytes: Int64 = 0

        mutating func look(_ parent: String, depth: Int) throws(AppFolderProblem) {
            guard depth <= limits.maximumDepth else {
                throw AppFolderProblem(
                    "folders lie more than \(limits.maximumDepth) deep, or a link leads to its parent")
            }
            let names: [String]
            do {
                names = try Folders.names(
                    in: parent.isEmpty ? root : "\(root)/\(parent)", upTo: limits.maximumFiles + 1)
            } catch {
                throw AppFolderProblem("the folder \(parent.isEmpty ? "of the app" : parent) cannot be read")
            }
            for name in names where !FolderTree.isIgnored(name, in: parent) {
                try take(parent.isEmpty ? name : "\(parent)/\(name)", depth)
            }
        }

        private mutating func take(_ path: String, _ depth: Int) throws(AppFolderProblem) {
            let full = "\(root)/\(path)"
            var facts = stat()
            guard lstat(full, &facts) == 0 else { return }
            if facts.st_mode & S_IFMT == S_IFLNK {
                guard let target = Folders.resolved(full) else {
                    throw AppFolderProblem("the link \(path) leads nowhere; remove it")
                }
                guard target.utf8.starts(with: (root + "/").utf8) else {
                    throw AppFolderProblem("the link \(path) leads out of the folder; copy what it leads to")
                }
                guard stat(full, &facts) == 0 else { throw AppFolderProblem("the link \(path) cannot be followed") }
            }
            switch facts.st_mode & S_IFMT {
            case S_IFDIR: try look(path, depth: depth + 1)
            case S_IFREG:
                bytes += Int64(facts.st_size)
                guard files.count < limits.maximumFiles else {
                    throw AppFolderProblem("it holds more than \(limits.maximumFiles) files")
                }
                guard bytes <= limits.maximumBytes else {
                    throw AppFolderProblem(
                        "its files hold more than \(limits.maximumBytes) bytes; fetch large ones in setup")
                }
                files.append(
                    File(
                        path: path, size: Int64(facts.st_size), changed: facts.changed,
                        isExecutable: facts.st_mode & S_IXUSR != 0))
            default: throw AppFolderProblem("\(path) is neither a file nor a folder; remove it")
            }
        }
    }
}
