// SPDX-License-Identifier: Apache-2.0

internal import AsyncAlgorithms

/// Why a wait ended.
package enum Signal: Sendable, Hashable {
    /// Something changed.
    case changed
    /// Time passed.
    case tick
}

extension EventBus {
    /// A signal whenever a topic changes, and one each interval.
    ///
    /// The subscription stands when this returns, so nothing that happens after is missed; changes that nobody took
    /// yet count as one. The sequence ends when the surrounding task is cancelled.
    package func signals(
        of topic: EventTopic, every interval: Duration
    ) -> some AsyncSequence<Signal, Never> & Sendable {
        let changes = subscribe(topic).map { _ in Signal.changed }
        let ticks = AsyncTimerSequence(interval: interval, clock: .continuous).map { _ in Signal.tick }
        return merge(changes, ticks)
    }
}
