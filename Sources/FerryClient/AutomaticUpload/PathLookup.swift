// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// What planning asks of the file system; replaced by tests. Its calls may block: they belong on the thread pool.
protocol PathLookup: Sendable {
    /// The home folder, for paths that begin `~/`.
    var homeFolder: String? { get }
    /// What a path leads to. Nothing is opened.
    func look(at path: String) -> PathFinding
    /// The path with every link resolved; nil if nothing is there.
    func resolved(_ path: String) -> String?
    /// The first bytes of a file that was looked at, that many at most.
    ///
    /// - Throws: ``FerryError`` if it cannot be opened, or is another file by now.
    func head(of file: FoundFile, _ count: Int) throws -> [UInt8]
}

/// What a path leads to.
enum PathFinding: Sendable, Hashable {
    case nothing
    case file(FoundFile)
    /// Something else: a folder, a pipe. In words.
    case other(String, resolvedPath: String)
    /// What is there cannot be told, by this system error.
    case failure(CInt)
}

/// A regular file.
struct FoundFile: Sendable, Hashable {
    /// Its path with every link resolved.
    var resolvedPath: String
    /// What it was when it was looked at.
    var identity: SourceFile.Identity

    var size: Int64 { identity.size }
}

/// The file system of this machine.
struct SystemPathLookup: PathLookup {
    var homeFolder: String?

    func look(at path: String) -> PathFinding {
        guard !path.isEmpty, path.utf8.count < Int(PATH_MAX), !path.utf8.contains(0) else { return .nothing }
        guard let real = realpath(path, nil) else { return Self.failure(errno) }
        defer { free(real) }
        // A name that is no UTF-8 could not be shown, nor opened by what is shown.
        guard let resolved = String(validatingCString: real) else { return .failure(EILSEQ) }
        var status = stat()
        // The path holds no link any more; one that comes now is not followed.
        guard lstat(real, &status) == 0 else { return Self.failure(errno) }
        if let kind = Self.kind(status, resolved) { return .other(kind, resolvedPath: resolved) }
        guard access(real, R_OK) == 0 else { return .failure(errno) }
        return .file(FoundFile(resolvedPath: resolved, identity: SourceFile.Identity(status)))
    }

    /// What it is, in words, unless it is a regular file.
    private static func kind(_ status: stat, _ resolvedPath: String) -> String? {
        switch status.st_mode & S_IFMT {
        case S_IFREG:
            // Files that the system makes up while they are read: their size is not known before.
            let isMadeUp = ["/proc", "/sys"].contains { ImplicitPaths.isBeneath(resolvedPath, $0) }
            return isMadeUp ? "a file of the system's own" : nil
        case S_IFDIR: return "a folder"
        case S_IFIFO: return "a pipe"
        case S_IFSOCK: return "a socket"
        case S_IFCHR, S_IFBLK: return "a device"
        default: return "a link"
        }
    }

    private static func failure(_ number: CInt) -> PathFinding {
        [ENOENT, ENOTDIR, ENAMETOOLONG].contains(number) ? .nothing : .failure(number)
    }

    func resolved(_ path: String) -> String? {
        guard let buffer = realpath(path, nil) else { return nil }
        defer { free(buffer) }
        return String(validatingCString: buffer)
    }

    func head(of file: FoundFile, _ count: Int) throws -> [UInt8] {
        let opened = try GuardedFile.open(file)
        defer { close(opened) }
        var bytes = [UInt8](repeating: 0, count: count)
        let got = pread(opened, &bytes, count, 0)
        guard got >= 0 else { throw FerryError.localFile(errno, "read", file.resolvedPath) }
        return Array(bytes.prefix(got))
    }
}
