// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The tokens that all retries of one client share, so that a failing server is not hit ever harder.
final class RetryBudget: Sendable {
    private let capacity: Int
    private let tokens: Mutex<Int>

    /// A full budget.
    init(capacity: Int) {
        self.capacity = capacity
        tokens = Mutex(capacity)
    }

    /// Takes that many tokens; false, with nothing taken, if there are fewer.
    func take(_ amount: Int) -> Bool {
        tokens.withLock { tokens in
            guard tokens >= amount else { return false }
            tokens -= amount
            return true
        }
    }

    /// Gives tokens back, up to the capacity.
    func give(_ amount: Int) { tokens.withLock { $0 = min(capacity, $0 + amount) } }

    /// The tokens there are.
    var available: Int { tokens.withLock { $0 } }
}
