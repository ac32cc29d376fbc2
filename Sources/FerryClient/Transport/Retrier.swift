// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Logging

/// Whether a request may be sent again.
enum RetrySafety: Sendable {
    /// Sending it twice does what sending it once does.
    case repeatable
    /// Sending it twice may do it twice: only again if it was never sent, or after 429 and 503.
    case onlyIfUnsent
    /// Sending it twice would do it twice, and cannot be undone: only again if it was never sent, or after 429. A proxy
    /// may say 503 of a request that went through.
    case onlyIfRefused
    /// Never again.
    case never
}

/// Sends failed requests again, by the policy.
struct Retrier: Sendable {
    let policy: RetryPolicy
    let budget: RetryBudget
    let sleep: @Sendable (Duration) async throws -> Void
    let random: @Sendable () -> Double
    let logger: Logger

    /// A retrier with a budget of its own.
    init(_ configuration: FerryConfiguration) {
        policy = configuration.retry
        budget = RetryBudget(capacity: configuration.retry.budget)
        sleep = configuration.sleep
        random = configuration.random
        logger = configuration.logger
    }

    /// A retry that was decided on.
    struct Decision: Sendable {
        /// How long to wait.
        var wait: Duration
        /// What was taken from the budget.
        var cost: Int
    }

    /// Whether and when to try again; takes the cost from the budget if so.
    func decide(after error: any Error, attempt: Int, safety: RetrySafety) -> Decision? {
        guard let error = error as? FerryError, error.isRetryable, attempt < policy.maximumAttempts else { return nil }
        switch safety {
        case .repeatable: break
        case .onlyIfUnsent: guard error.wasNeverSent || error.isThrottle else { return nil }
        case .onlyIfRefused: guard error.wasNeverSent || error.status == 429 else { return nil }
        case .never: return nil
        }
        let cost = error.isThrottle ? policy.throttleCost : policy.retryCost
        guard budget.take(cost) else { return nil }
        let wait = policy.delay(afterAttempt: attempt, hint: error.retryAfter, random: random())
        logger.debug(
            "trying again",
            metadata: ["after": "\(error.shortDescription)", "wait": "\(wait)", "attempt": "\(attempt)"])
        return Decision(wait: wait, cost: cost)
    }

    /// Runs the operation until it succeeds or is not worth another try; its parameter is the number of the try.
    func run<Success>(
        safety: RetrySafety, _ operation: (Int) async throws -> Success
    ) async throws -> Success {
        var attempt = 1
        var lastCost = 1
        while true {
            do {
                let success = try await operation(attempt)
                budget.give(lastCost)
                return success
            } catch {
                try Task.checkCancellation()
                guard let decision = decide(after: error, attempt: attempt, safety: safety) else { throw error }
                try await sleep(decision.wait)
                lastCost = decision.cost
                attempt += 1
            }
        }
    }
}
