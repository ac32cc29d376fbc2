// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// How many connections there are, so that there are never too many.
final class ConnectionCount: Sendable {
    /// What becomes of a new connection.
    enum Place: Sendable, Equatable {
        /// It is served.
        case served
        /// It is told to come back.
        case refused
        /// It is closed without a word.
        case dropped
    }

    private let limits: ConnectionLimits
    private let counts = Mutex((served: 0, refused: 0))

    init(limits: ConnectionLimits) { self.limits = limits }

    /// A place for a new connection, to be given back with ``leave(_:)``.
    func enter() -> Place {
        counts.withLock { counts in
            if counts.served < limits.maximumConnections {
                counts.served += 1
                return .served
            }
            guard counts.refused < limits.maximumRefusals else { return .dropped }
            counts.refused += 1
            return .refused
        }
    }

    func leave(_ place: Place) {
        counts.withLock { counts in
            switch place {
            case .served: counts.served -= 1
            case .refused: counts.refused -= 1
            case .dropped: break
            }
        }
    }
}
