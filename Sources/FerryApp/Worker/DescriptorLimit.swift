// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// How many files a process may have open.
enum DescriptorLimit {
    #if canImport(Darwin)
    /// Most that the system grants.
    private static let most: rlim_t = 10_240
    #else
    /// Most asked for. Where the limit is a thousand million, programs that close all numbers up to it take minutes to
    /// start.
    private static let most: rlim_t = 65_536
    #endif

    /// Raises the limit to what the process may have without asking, at most 65,536: every file that an app holds in the
    /// cache is an open one, and the usual 1,024 are few.
    static func raise() {
        guard var limit = read() else { return }
        let wanted = min(limit.rlim_max, most)
        guard limit.rlim_cur < wanted else { return }
        limit.rlim_cur = wanted
        _ = write(limit)
    }

    /// The limits; nil if the system does not tell.
    static func read() -> rlimit? {
        var limit = rlimit()
        #if canImport(Darwin)
        let result = getrlimit(RLIMIT_NOFILE, &limit)
        #elseif canImport(Musl)
        let result = getrlimit(RLIMIT_NOFILE, &limit)
        #else
        let result = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        #endif
        return result == 0 ? limit : nil
    }

    /// Sets the limits; false if the system refuses.
    static func write(_ limit: rlimit) -> Bool {
        var limit = limit
        #if canImport(Darwin)
        return setrlimit(RLIMIT_NOFILE, &limit) == 0
        #elseif canImport(Musl)
        return setrlimit(RLIMIT_NOFILE, &limit) == 0
        #else
        return setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
        #endif
    }
}
