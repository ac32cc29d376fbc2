// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A program of several script files that this one carries, to be put on disk where processes of apps can read it.
struct RunnerFiles: Sendable {
    let label: String
    /// Which of the files is the program.
    let start: String
    let files: [String: String]

    /// Follows from the contents.
    var identifier: String {
        StableIdentifier.make(files.sorted { $0.key < $1.key }.map { "\($0.key)\n\($0.value)" }.joined(separator: "\n"))
    }

    /// Puts the files into a folder of their own, unless they are there, and gives that folder. Blocks.
    ///
    /// Their place follows from their contents, so servers of several versions do not disturb one another.
    func install(into root: String) throws(SystemFailure) -> String {
        let folder = "\(root)/\(label)-\(Identifier.short(identifier))"
        if access("\(folder)/\(start)", R_OK) == 0 { return folder }
        try Folders.make(root, mode: 0o755)
        let temporary = "\(root)/.new-\(Identifier.random())"
        try Folders.make(temporary, mode: 0o755)
        for (name, text) in files {
            if let slash = name.utf8.lastIndex(of: UInt8(ascii: "/")) {
                try Folders.make("\(temporary)/\(name[..<slash])", mode: 0o755)
            }
            try Folders.put(Array(text.utf8), to: "\(temporary)/\(name)", mode: 0o644)
        }
        if rename(temporary, folder) != 0 {
            let code = errno
            Folders.remove(temporary)
            // Somebody else was as fast.
            guard access("\(folder)/\(start)", R_OK) == 0 else {
                throw SystemFailure(call: "renaming a folder", code: code)
            }
        }
        return folder
    }
}
