// SPDX-License-Identifier: Apache-2.0

import FerryWire

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Removes a folder with all that is in it, whatever an app made of it.
///
/// No link is followed, no permission bit is in the way, names need not be UTF-8, and neither depth nor number of
/// entries costs memory or descriptors: folders within are moved to the top before they are emptied.
enum TreeRemoval {
    /// Names looked at in one go.
    private static let batch = 4096

    /// Removes what has that name in the folder. False if something could not be removed, or not in time.
    ///
    /// - Parameter deadline: when to give up: somebody may make files as fast as they are removed. Nil where nobody can.
    static func remove(
        _ name: UnsafePointer<CChar>, in parent: Descriptor, until deadline: ContinuousClock.Instant? = nil
    ) -> Bool {
        if unlinkat(parent.raw, name, 0) == 0 || errno == ENOENT { return true }
        if unlinkat(parent.raw, name, AT_REMOVEDIR) == 0 { return true }
        guard let top = open(name, in: parent) else { return false }
        while let names = try? top.names(upTo: batch), !names.isEmpty {
            var isBetter = false
            for name in names {
                guard !isOver(deadline) else { return false }
                if removeEntry(name, of: top, until: deadline) { isBetter = true }
            }
            guard isBetter else { return false }
            // Most often nothing is left, and looking again would cost more.
            if names.count < batch, unlinkat(parent.raw, name, AT_REMOVEDIR) == 0 { return true }
        }
        return unlinkat(parent.raw, name, AT_REMOVEDIR) == 0 || errno == ENOENT
    }

    /// Removes one entry; a folder is emptied into `top` first.
    private static func removeEntry(
        _ name: [CChar], of top: Descriptor, until deadline: ContinuousClock.Instant?
    ) -> Bool {
        if unlinkat(top.raw, name, 0) == 0 || errno == ENOENT { return true }
        if unlinkat(top.raw, name, AT_REMOVEDIR) == 0 { return true }
        guard let folder = open(name, in: top) else { return false }
        while let inner = try? folder.names(upTo: batch), !inner.isEmpty {
            guard !isOver(deadline) else { return false }
            for entry in inner where unlinkat(folder.raw, entry, 0) != 0 && errno != ENOENT {
                // A folder can only be moved by who may write to it.
                guard unlock(entry, in: folder), renameat(folder.raw, entry, top.raw, Identifier.random()) == 0 else {
                    return false
                }
            }
        }
        return unlinkat(top.raw, name, AT_REMOVEDIR) == 0
    }

    static func isOver(_ deadline: ContinuousClock.Instant?) -> Bool {
        guard let deadline else { return false }
        return ContinuousClock.now >= deadline
    }

    private static func open(_ name: UnsafePointer<CChar>, in parent: Descriptor) -> Descriptor? {
        if let folder = try? parent.folder(name), fchmod(folder.raw, 0o700) == 0 { return folder }
        return unlock(name, in: parent) ? try? parent.folder(name) : nil
    }

    /// Lets us enter and change a folder; false if it is none.
    private static func unlock(_ name: UnsafePointer<CChar>, in parent: Descriptor) -> Bool {
        var facts = stat()
        guard fstatat(parent.raw, name, &facts, AT_SYMLINK_NOFOLLOW) == 0, facts.st_mode & S_IFMT == S_IFDIR else {
            return false
        }
        // No permission is in root's way, and an app that still runs could put a link in the folder's place meanwhile.
        return geteuid() == 0 || fchmodat(parent.raw, name, 0o700, 0) == 0
    }
}
