// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// This program on disk.
enum Executable {
    /// Absolute path of the running executable, links resolved.
    static let path: String? = {
        #if os(Linux)
        let candidate = "/proc/self/exe"
        #else
        let candidate = CommandLine.arguments.first ?? ""
        #endif
        guard let resolved = realpath(candidate, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }()

    /// A program that lies beside this one, as installed and as built.
    static func sibling(_ name: String) -> String? {
        guard let path else { return nil }
        let parts = path.split(separator: "/").dropLast()
        return "/" + parts.joined(separator: "/") + "/" + name
    }
}
