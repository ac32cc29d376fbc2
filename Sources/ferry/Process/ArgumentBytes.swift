// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The arguments as the system passed them; Swift's own have what is not UTF-8 repaired, and would name other files.
enum ArgumentBytes {
    /// The number of the first argument that is not UTF-8, counted from 1; nil if all are.
    static var firstThatIsNoText: Int? {
        (1..<max(1, Int(CommandLine.argc))).first { index in
            guard let pointer = CommandLine.unsafeArgv[index] else { return false }
            return String(validatingCString: pointer) == nil
        }
    }
}
