// SPDX-License-Identifier: Apache-2.0

import FerryWire

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A file on this machine, with the name and media type it goes by.
///
/// A value of this type is a description: making one touches no file.
public struct File: Sendable, Hashable {
    /// Where the file lies. Absolute.
    public let path: String
    /// The media type, `image/png`; nil when the name's extension tells none.
    public var contentType: String?
    /// The name people see. Not necessarily the last part of ``path``.
    public var filename: String

    /// A file by its path, which need not exist yet.
    ///
    /// - Parameters:
    ///   - path: a relative path is taken from the working directory.
    ///   - contentType: nil derives it from the extension of the file's name.
    ///   - filename: nil takes the last part of the path.
    public init(path: String, contentType: String? = nil, filename: String? = nil) {
        let isAbsolute = path.utf8.first == UInt8(ascii: "/")
        self.path = isAbsolute ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
        let last = self.path.utf8.split(separator: UInt8(ascii: "/")).last.map { String(Substring($0)) }
        let name = filename ?? last ?? Filename.fallback
        self.filename = name
        self.contentType = contentType ?? MediaType(filename: name)?.description
    }

    /// Whether a regular file lies at ``path`` now.
    public func exists() -> Bool { size != nil }

    /// Bytes of the file now; nil when there is no regular file at ``path``.
    public var size: Int64? {
        var facts = stat()
        guard stat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int64(facts.st_size)
    }
}
