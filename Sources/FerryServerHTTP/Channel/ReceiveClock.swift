// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// Measures how long the server waits for a client's bytes, and whether it may go on so.
///
/// Only time in which the server would take bytes counts: a client is not slow because the disk is.
struct ReceiveClock {
    /// What the client is to be told.
    enum Verdict: Equatable {
        /// Nothing; look again after so long, or not at all.
        case fine(again: TimeAmount?)
        case slowHead
        case slowBody
    }

    private let limits: ConnectionLimits
    private var phase: RequestFraming.Phase
    private var waited = TimeAmount.zero
    private var waitsSince: NIODeadline?
    private var received: Int64 = 0

    /// A clock of a new connection, whose first head is awaited.
    init(limits: ConnectionLimits) {
        self.limits = limits
        phase = .head
    }

    /// Bytes are asked for.
    mutating func readBegan(at now: NIODeadline) { if waitsSince == nil { waitsSince = now } }

    /// Bytes came.
    ///
    /// - Parameters:
    ///   - count: how many of them were content.
    ///   - isNew: whether another request began since the last time.
    mutating func readEnded(phase new: RequestFraming.Phase, content count: Int64, isNew: Bool, at now: NIODeadline) {
        if let since = waitsSince { waited = waited + (now - since) }
        waitsSince = nil
        if phase != new || isNew {
            phase = new
            waited = .zero
            received = 0
        } else {
            received += count
        }
    }

    /// Shortest time between two looks: while nothing is waited for, what is left of a limit stays what it is.
    private var pause: TimeAmount { .milliseconds(max(1, limits.headTimeout / 20)) }

    /// Whether the client is too slow.
    mutating func verdict(at now: NIODeadline) -> Verdict {
        let total = waited + (waitsSince.map { now - $0 } ?? .zero)
        switch phase {
        case .idle, .refused: return .fine(again: nil)
        case .head:
            let left = TimeAmount.milliseconds(limits.headTimeout) - total
            return left <= .zero ? .slowHead : .fine(again: max(left, pause))
        case .body:
            let window = TimeAmount.milliseconds(limits.rateWindow)
            if total < window { return .fine(again: max(window - total, pause)) }
            let (needed, isHuge) = (total.nanoseconds / 1_000_000).multipliedReportingOverflow(by: limits.minimumRate)
            if isHuge || received < needed / 1000 { return .slowBody }
            waited = .zero
            if waitsSince != nil { waitsSince = now }
            received = 0
            return .fine(again: window)
        }
    }
}
