// SPDX-License-Identifier: Apache-2.0

import FerryServerCore

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// The user that apps run as.
struct AppUser: Sendable, Hashable {
    let name: String
    let id: UInt32
    let group: UInt32

    /// Looks a user up.
    ///
    /// - Throws: ``ServerError`` if there is none of that name, if it is the superuser, or if this process may not become
    ///   another user.
    static func named(_ name: String) throws(ServerError) -> AppUser {
        guard geteuid() == 0 else {
            throw ServerError(
                .invalidRequest,
                "apps can run as the user \(name) only if the server is started by root; start it so, or leave the "
                    + "user out")
        }
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var storage = [CChar](repeating: 0, count: 16 << 10)
        guard getpwnam_r(name, &entry, &storage, storage.count, &found) == 0, found != nil else {
            throw ServerError(.invalidRequest, "there is no user \(name) for apps to run as; add one or name another")
        }
        guard entry.pw_uid != 0 else {
            throw ServerError(.invalidRequest, "apps cannot run as \(name), because it is the superuser; name another")
        }
        return AppUser(name: name, id: entry.pw_uid, group: entry.pw_gid)
    }
}
