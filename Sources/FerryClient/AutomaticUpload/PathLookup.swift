// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// What planning asks of the file system; replaced by tests.
protocol PathLookup: Sendable {
    /// The home folder, for paths that begin `~/`.
    var homeFolder: String? { get }
    /// The regular file a path leads to; nil if there is none.
    func regularFile(_ path: String) -> FoundFile?
    /// The path with every link resolved; nil if nothing is there.
    func resolved(_ path: String) -> String?
}

/// A regular file.
struct FoundFile: Sendable, Hashable {
    /// Its path with every link resolved.
    var resolvedPath: String
    var size: Int64
}

/// The file system of this machine. Its calls may block: they belong on the thread pool.
struct SystemPathLookup: PathLookup {
    var homeFolder: String?

    func regularFile(_ path: String) -> FoundFile? {
        guard !path.isEmpty, path.utf8.count < Int(PATH_MAX), !path.utf8.contains(0) else { return nil }
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, let resolved = resolved(path) else {
            return nil
        }
        return FoundFile(resolvedPath: resolved, size: Int64(status.st_size))
    }

    func resolved(_ path: String) -> String? {
        guard let buffer = realpath(path, nil) else { return nil }
        defer { free(buffer) }
        return String(cString: buffer)
    }
}
