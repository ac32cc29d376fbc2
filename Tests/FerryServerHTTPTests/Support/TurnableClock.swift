// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryTesting
import FerryWire
import Synchronization

/// A clock that stands still until it is turned.
final class TurnableClock: Sendable {
    private let time = Mutex(Timestamp.sample)

    var serverClock: ServerClock { ServerClock { self.time.withLock { $0 } } }

    func advance(bySeconds amount: Int64) { time.withLock { $0 = $0.advanced(bySeconds: amount) } }
}
