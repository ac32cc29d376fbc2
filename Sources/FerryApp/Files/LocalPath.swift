// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Paths as text.
enum LocalPath {
    /// A relative path is taken from the working directory.
    static func absolute(_ path: String) -> String {
        guard path.utf8.first != UInt8(ascii: "/") else { return path }
        guard let pointer = getcwd(nil, 0) else { return "/\(path)" }
        defer { free(pointer) }
        return "\(String(cString: pointer))/\(path)"
    }

    /// The last part; nil if there is none.
    static func last(_ path: String) -> String? {
        path.utf8.split(separator: UInt8(ascii: "/")).last.map { String(Substring($0)) }
    }
}
