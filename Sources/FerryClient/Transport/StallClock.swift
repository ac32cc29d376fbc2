// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Tells whether the network has been silent for too long while one connection waits for it. Pure: times come in.
///
/// It waits for the network while bytes are waiting to go out, and while an answer is due and asked for. Waiting for a
/// slow producer of the request, or for a slow consumer of the answer, is not the network's fault and does not count.
struct StallClock {
    private let limit: TimeAmount
    private var isInFlight = false
    private var isRequestSent = false
    private var isReadWanted = false
    private var buffered = 0
    private var lastProgress = NIODeadline.uptimeNanoseconds(0)

    /// A clock for that limit.
    init(limit: TimeAmount) { self.limit = limit }

    /// A request began.
    mutating func requestBegan(at now: NIODeadline) {
        isInFlight = true
        isRequestSent = false
        // The answer's head is always wanted; on a new connection that was said before anybody listened.
        isReadWanted = true
        buffered = 0
        lastProgress = now
    }

    /// The last byte of the request was handed over.
    mutating func requestEnded(at now: NIODeadline) {
        isRequestSent = true
        lastProgress = now
    }

    /// Bytes of the answer are asked for.
    mutating func readWanted(at now: NIODeadline) {
        guard !isReadWanted else { return }
        isReadWanted = true
        lastProgress = now
    }

    /// Something came in.
    mutating func received(at now: NIODeadline) {
        isReadWanted = false
        lastProgress = now
    }

    /// The answer is complete.
    mutating func answerEnded() { isInFlight = false }

    /// What is silent for too long, in words; nil if nothing is.
    ///
    /// - Parameter buffered: bytes that wait to go out.
    mutating func stall(at now: NIODeadline, buffered: Int) -> String? {
        let moved = buffered != self.buffered
        self.buffered = buffered
        let isWaiting = isInFlight && (buffered > 0 || (isRequestSent && isReadWanted))
        if moved || !isWaiting { lastProgress = now }
        guard now - lastProgress >= limit else { return nil }
        return buffered > 0 ? "it takes no more bytes" : "no byte of the answer came"
    }
}

/// The network was silent for too long.
struct StallError: Error, Sendable, CustomStringConvertible {
    let description: String
}
