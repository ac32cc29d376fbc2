// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Opens exactly the file that was planned.
///
/// The path has every link resolved, and no link is followed on the way: one that was put there meanwhile is an error,
/// so that the file lies where it was found, beneath its root. The calls may block: they belong on the thread pool.
enum GuardedFile {
    /// A descriptor of the file, open for reading; the caller closes it.
    ///
    /// Waits for nobody: a pipe put in the file's place is opened without a writer, and refused.
    /// - Throws: ``FerryError`` (`sourceChanged` if it is another file, no regular one, or has changed; `localFile`,
    ///   `localFileNotFound`).
    static func open(_ file: FoundFile) throws -> CInt {
        let descriptor = try descriptor(file.resolvedPath)
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let number = errno
            close(descriptor)
            throw FerryError.localFile(number, "read", file.resolvedPath)
        }
        guard status.st_mode & S_IFMT == S_IFREG, SourceFile.Identity(status) == file.identity else {
            close(descriptor)
            throw changed(file.resolvedPath)
        }
        return descriptor
    }

    private static func changed(_ path: String, _ number: CInt? = nil) -> FerryError {
        FerryError(
            .sourceChanged,
            "\(path) is not what it was when the upload was planned; try again when nothing writes to it",
            underlying: number.map(SystemCallError.init(number:)))
    }

    private static let reading = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC

    private static func failure(_ path: String, _ number: CInt) -> FerryError {
        // A link, a name that is no folder any more, a pipe or socket.
        [ELOOP, ENOTDIR, ENXIO].contains(number)
            ? changed(path, number) : FerryError.localFile(number, "open", path)
    }

    #if canImport(Darwin)
    private static func descriptor(_ path: String) throws -> CInt {
        let descriptor = Darwin.open(path, reading | O_NOFOLLOW_ANY)
        guard descriptor >= 0 else { throw failure(path, errno) }
        return descriptor
    }
    #else
    /// Linux's `O_PATH`, which the C library shows to some programs only: folders on the way are searched, which asks
    /// for no right to list them.
    private static let searchOnly: CInt = 0o10_000_000
    private static let searching = searchOnly | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC

    private static func descriptor(_ path: String) throws -> CInt {
        let names = path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
        guard path.utf8.first == UInt8(ascii: "/"), let last = names.last else { throw failure(path, EISDIR) }
        var folder = openat(AT_FDCWD, "/", searching)
        for name in names.dropLast() {
            guard folder >= 0 else { break }
            let next = openat(folder, name, searching)
            let number = errno
            close(folder)
            errno = number
            folder = next
        }
        guard folder >= 0 else { throw failure(path, errno) }
        let descriptor = openat(folder, last, reading)
        let number = errno
        close(folder)
        guard descriptor >= 0 else { throw failure(path, number) }
        return descriptor
    }
    #endif
}
