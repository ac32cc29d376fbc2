// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Something that happens once, seen by several tasks.
final class Flag: Sendable {
    private let state = Atomic(false)

    var isRaised: Bool { state.load(ordering: .acquiring) }

    func raise() { state.store(true, ordering: .releasing) }
}
