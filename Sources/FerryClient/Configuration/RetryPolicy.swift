// SPDX-License-Identifier: Apache-2.0

/// When a failed request is sent again, and after what wait. A pure value: clock and randomness come from outside.
///
/// Sent again are requests that are safe to repeat, after a lost connection, a timeout, or an answer of 408, 425, 429,
/// 500, 502, 503 or 504; requests that are not safe to repeat only if they were never sent, or after 429 and 503.
public struct RetryPolicy: Sendable, Hashable {
    /// Most tries of one request, the first included; 4 unless told, 1 for no retries.
    public var maximumAttempts: Int
    /// Upper bound of the first wait; doubles with each try. 0.5 s unless told.
    public var baseDelay: Duration
    /// Upper bound of any wait of our own choice; 20 s unless told.
    public var maximumDelay: Duration
    /// Longest wait that a server can ask for by `Retry-After`; longer ones are cut. 60 s unless told.
    public var maximumHint: Duration
    /// Tokens of the budget that all requests of one client share; 500 unless told.
    public var budget: Int
    /// What a retry takes from the budget, returned if it succeeds; 14 unless told.
    public var retryCost: Int
    /// What a retry after 429 or 503 takes; 5 unless told.
    public var throttleCost: Int

    /// A policy; see the properties for the defaults.
    public init(
        maximumAttempts: Int = 4, baseDelay: Duration = .milliseconds(500), maximumDelay: Duration = .seconds(20),
        maximumHint: Duration = .seconds(60), budget: Int = 500, retryCost: Int = 14, throttleCost: Int = 5
    ) {
        self.maximumAttempts = max(1, maximumAttempts)
        self.baseDelay = baseDelay
        self.maximumDelay = maximumDelay
        self.maximumHint = maximumHint
        self.budget = budget
        self.retryCost = retryCost
        self.throttleCost = throttleCost
    }

    /// No retries at all.
    public static let never = RetryPolicy(maximumAttempts: 1)

    /// The wait before the next try.
    ///
    /// - Parameters:
    ///   - attempt: the number of the try that failed, from 1.
    ///   - hint: what the server asked for; taken as it is, up to ``maximumHint``.
    ///   - random: a number in `0..<1`; the own wait is that part of the bound (full jitter).
    public func delay(afterAttempt attempt: Int, hint: Duration?, random: Double) -> Duration {
        if let hint, hint >= .zero { return min(hint, maximumHint) }
        var bound = baseDelay
        for _ in 1..<max(1, attempt) where bound < maximumDelay { bound *= 2 }
        return min(bound, maximumDelay) * random
    }
}
