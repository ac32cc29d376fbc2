// SPDX-License-Identifier: Apache-2.0

import FerryWire
import NIOPosix
import Synchronization

#if canImport(UniformTypeIdentifiers)
import UniformTypeIdentifiers
#endif
#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// The system's own table of extensions and media types, for names that the built-in one does not know.
final class SystemTypes: Sendable {
    /// Where systems have such tables, the better one first.
    private static let globs = "/usr/share/mime/globs2"
    private static let plain = "/etc/mime.types"

    /// The table of this system, read when it is first needed.
    static let shared = SystemTypes(globs: globs, plain: plain)

    private let globs: String
    private let plain: String
    private let table = Mutex<ExtensionTypes?>(nil)

    /// A table out of these files; those that are not there count as empty.
    init(globs: String, plain: String) {
        self.globs = globs
        self.plain = plain
    }

    /// What the system says of a file name; nil if it says nothing, or if the built-in table knows the name.
    ///
    /// - Parameter threads: where the table is read, once.
    func type(ofFilename name: String?, on threads: NIOThreadPool) async -> String? {
        guard let name, MediaType(filename: name) == nil, name.utf8.contains(UInt8(ascii: ".")) else { return nil }
        #if canImport(UniformTypeIdentifiers)
        let suffix = name.split(separator: ".").last.map(String.init) ?? ""
        return UTType(filenameExtension: suffix)?.preferredMIMEType
        #else
        if table.withLock({ $0 == nil }) {
            let read = try? await threads.runIfActive { [globs, plain] in
                let types = ExtensionTypes(globs2: Self.bytes(globs))
                return types.count > 0 ? types : ExtensionTypes(mimeTypes: Self.bytes(plain))
            }
            table.withLock { if $0 == nil { $0 = read } }
        }
        return table.withLock { $0?.type(ofFilename: name) }
        #endif
    }

    /// A file's bytes up to the limit for tables; none if it is longer, no regular file or cannot be read.
    private static func bytes(_ path: String) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0,
            status.st_size <= off_t(ExtensionTypes.maximumSize)
        else { return [] }
        return [UInt8](unsafeUninitializedCapacity: Int(status.st_size)) { buffer, count in
            while count < buffer.count {
                let got = read(descriptor, buffer.baseAddress?.advanced(by: count), buffer.count - count)
                if got < 0, errno == EINTR { continue }
                guard got > 0 else { return }
                count += got
            }
        }
    }
}
