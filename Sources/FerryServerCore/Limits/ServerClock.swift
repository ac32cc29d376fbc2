// SPDX-License-Identifier: Apache-2.0

package import FerryWire

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The wall clock, so that tests can turn it.
package struct ServerClock: Sendable {
    /// The time now.
    package let now: @Sendable () -> Timestamp

    /// A clock that tells what the closure says.
    package init(now: @escaping @Sendable () -> Timestamp) { self.now = now }

    /// The system's clock.
    package static let system = ServerClock {
        Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
    }
}
