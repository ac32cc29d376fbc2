// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The origins the host named in its greeting: the only ones in a private network that a worker downloads from.
package enum HostOrigins {
    private static let named = Mutex<[String]>([])

    /// The origins, `http://127.0.0.1:8787`; empty outside of a worker and before the greeting.
    package static var current: [String] { named.withLock { $0 } }

    /// Takes the host's word.
    static func allow(_ origins: [String]) { named.withLock { $0 = origins } }
}
