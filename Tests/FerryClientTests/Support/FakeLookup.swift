// SPDX-License-Identifier: Apache-2.0

@testable import FerryClient

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// A file system of a dictionary: path to resolved path. Every file has 5 bytes and a number made of its path.
struct FakeLookup: PathLookup {
    var homeFolder: String? = "/home/me"
    var files: [String: String] = [:]
    var folders: Set<String> = []
    /// Paths that cannot be looked at, with the system's error.
    var failures: [String: CInt] = [:]
    /// The paths that were looked at.
    let looked = Shared<[String]>([])

    func look(at path: String) -> PathFinding {
        looked.change { $0.append(path) }
        if let number = failures[path] { return .failure(number) }
        if folders.contains(path) { return .other("a folder", resolvedPath: path) }
        guard let resolved = files[path] else { return .nothing }
        let inode = resolved.utf8.reduce(UInt64(5381)) { $0 &* 33 &+ UInt64($1) }
        var status = stat()
        status.st_ino = ino_t(truncatingIfNeeded: inode)
        status.st_size = 5
        return .file(FoundFile(resolvedPath: resolved, identity: SourceFile.Identity(status)))
    }

    func resolved(_ path: String) -> String? { path }
    func head(of file: FoundFile, _ count: Int) throws -> [UInt8] { [] }
}
