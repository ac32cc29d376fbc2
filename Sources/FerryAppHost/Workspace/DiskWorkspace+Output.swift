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

    /// Opens a file the app made; nil unless it is a regular file with one name, beneath `out`, reached without links.
    ///
    /// A relative path starts at the app's working directory, so it begins with `out/`.
    func open(output path: String) async throws -> (any BlobReader)? {
        guard let parts = parts(of: path) else { return nil }
        return try await threadPool.runIfActive { [output, threadPool] in
            do throws(SystemFailure) {
                var folder = output
                for part in parts.dropLast() { folder = try folder.folder(part) }
                let file = try folder.file(parts[parts.count - 1])
                let facts = try file.facts()
                // A second name could be that of a file of the server's.
                guard facts.st_mode & S_IFMT == S_IFREG, facts.st_nlink == 1 else { return nil }
                return OutputFile(file: file, size: Int64(facts.st_size), threadPool: threadPool)
            } catch {
                if Self.meansNoSuchFile(error.code) { return nil }
                throw ServerError(error, doing: "open a file of the app's")
            }
        }
    }

    /// The names on the way from `out` to the file; nil if the path leads elsewhere.
    private func parts(of path: String) -> [String]? {
        var bytes = Array(path.utf8)[...]
        guard bytes.count <= Self.maximumPath, !bytes.contains(0) else { return nil }
        if bytes.first == UInt8(ascii: "/") {
            guard bytes.starts(with: self.path.utf8) else { return nil }
            bytes = bytes.dropFirst(self.path.utf8.count)
            guard bytes.first == UInt8(ascii: "/") else { return nil }
        }
        let parts = bytes.split(separator: UInt8(ascii: "/")).map { String(decoding: $0, as: UTF8.self) }
            .filter { $0 != "." }
        guard parts.count >= 2, parts[0] == Self.outputName, !parts.contains("..") else { return nil }
        return Array(parts.dropFirst())
    }

    private static func meansNoSuchFile(_ code: Int32) -> Bool {
        [ENOENT, ENOTDIR, ELOOP, EACCES, EPERM, ENXIO, ENODEV, ENAMETOOLONG, EISDIR].contains(code)
    }
}
