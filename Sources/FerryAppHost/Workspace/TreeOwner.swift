// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Gives a folder with all that is in it to somebody. Links are given themselves, never what they lead to. All of it
/// blocks; for root only.
enum TreeOwner {
    /// Most folders within one another.
    private static let maximumDepth = 200
    /// Most entries of a folder.
    private static let maximumEntries = 1 << 20

    static func give(_ path: String, to user: uid_t, group: gid_t) throws(SystemFailure) {
        let (parent, name) = Folders.split(path)
        let folder = try Descriptor.folder(at: parent)
        try give(Array(name.utf8CString), in: folder, user, group, depth: 0)
    }

    private static func give(
        _ name: [CChar], in parent: Descriptor, _ user: uid_t, _ group: gid_t, depth: Int
    ) throws(SystemFailure) {
        var facts = stat()
        guard fstatat(parent.raw, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 else {
            throw SystemFailure(call: "looking at a file", code: errno)
        }
        if facts.st_mode & S_IFMT == S_IFDIR {
            guard depth < maximumDepth else { throw SystemFailure(call: "going into a folder", code: ELOOP) }
            let folder = try parent.folder(name)
            // First the folder, so that nobody else can put something in its place meanwhile.
            guard fchown(folder.raw, user, group) == 0 else { throw failure }
            for entry in try folder.names(upTo: maximumEntries) {
                try give(entry, in: folder, user, group, depth: depth + 1)
            }
        } else {
            guard fchownat(parent.raw, name, user, group, AT_SYMLINK_NOFOLLOW) == 0 else { throw failure }
        }
    }

    private static var failure: SystemFailure { SystemFailure(call: "giving a file to somebody", code: errno) }
}
