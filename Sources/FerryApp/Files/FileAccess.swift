// SPDX-License-Identifier: Apache-2.0

import NIOPosix
import Synchronization

/// By which cache the files of this process are fetched.
package enum FileAccess {
    private static let shared = Mutex<FileCache?>(nil)

    /// The cache of the task at hand, for tests; nil for the process's own.
    @TaskLocal package static var override: FileCache?

    /// The cache in use. The process's own is made when it is first asked for, as the environment says then.
    package static var cache: FileCache {
        if let override { return override }
        return shared.withLock { cache in
            if let cache { return cache }
            let made = FileCache()
            cache = made
            return made
        }
    }

    /// Sets the process's cache, which may then ask these origins although they are not public. A worker calls it once,
    /// with the origins of the host's hello and before any code of the app runs.
    ///
    /// - Parameter origins: `scheme://host[:port]`; exactly these and no others.
    package static func configure(origins: [String]) {
        shared.withLock { $0 = FileCache(allowedOrigins: origins) }
    }

    /// Runs what blocks where it may.
    static func onThreads<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await NIOThreadPool.singleton.runIfActive(body)
    }
}
