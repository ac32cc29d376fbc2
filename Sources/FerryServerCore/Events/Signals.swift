// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import Synchronization

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
    /// yet count as one. The sequence ends when the surrounding task is cancelled. For one reader.
    package func signals(of topic: EventTopic, every interval: Duration) -> Signals<Signal> {
        Signals(of: [(topic, .changed)], on: self, every: interval, tick: .tick)
    }
}

/// Reasons to look anew: each as often as it came since it was last taken, counted as one.
///
/// Made of a set of marks and a timer rather than of tasks that are merged: thousands may be waiting, and a task costs
/// tens of kilobytes.
package struct Signals<Cause: Sendable>: AsyncSequence, Sendable {
    package typealias Element = Cause
    package typealias Failure = Never

    private let causes: [Cause]
    private let marks: Marks
    private let wakeUps: AsyncStream<Void>
    private let hold: Hold

    /// - Parameters:
    ///   - topics: what is listened to, and what each means.
    ///   - tick: what the end of each interval means.
    init(of topics: [(EventTopic, Cause)], on bus: some EventBus, every interval: Duration, tick: Cause) {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let marks = Marks()
        let note = { @Sendable (index: Int) -> Void in
            marks.set(index)
            continuation.yield()
        }
        causes = topics.map(\.1) + [tick]
        self.marks = marks
        wakeUps = stream
        let observations = topics.enumerated().map { index, topic in bus.observe(topic.0) { note(index) } }
        let count = topics.count
        hold = Hold(observations, every: interval, continuation) { note(count) }
    }

    /// Ends the sequence.
    func end() { hold.end() }

    package func makeAsyncIterator() -> Iterator {
        Iterator(causes: causes, marks: marks, hold: hold, wakeUps: wakeUps.makeAsyncIterator())
    }

    package struct Iterator: AsyncIteratorProtocol {
        fileprivate let causes: [Cause]
        fileprivate let marks: Marks
        fileprivate let hold: Hold
        fileprivate var wakeUps: AsyncStream<Void>.AsyncIterator
        private var taken: [Int] = []

        fileprivate init(causes: [Cause], marks: Marks, hold: Hold, wakeUps: AsyncStream<Void>.AsyncIterator) {
            self.causes = causes
            self.marks = marks
            self.hold = hold
            self.wakeUps = wakeUps
        }

        package mutating func next(isolation actor: isolated (any Actor)?) async -> Cause? {
            while true {
                // All that came together are told before what came later, so that none waits for ever.
                if let index = taken.popLast() { return Task.isCancelled ? nil : causes[index] }
                taken = marks.take()
                if !taken.isEmpty { continue }
                guard await wakeUps.next(isolation: actor) != nil else { return nil }
            }
        }
    }
}

/// Which causes came and were not taken.
private final class Marks: Sendable {
    private let bits = Mutex<UInt8>(0)

    func set(_ index: Int) { bits.withLock { $0 |= 1 << UInt8(index) } }

    /// Those that came, the last first.
    func take() -> [Int] {
        let taken = bits.withLock { bits in
            defer { bits = 0 }
            return bits
        }
        return taken == 0 ? [] : (0..<8).reversed().filter { taken & 1 << UInt8($0) != 0 }
    }
}

/// What keeps the causes coming; gone with the last reader.
private final class Hold: Sendable {
    private let observations: [EventObservation]
    /// Unsafe by its type alone: objects of Dispatch may be used from any thread, and this one is only cancelled.
    nonisolated(unsafe) private let timer: any DispatchSourceTimer
    private let continuation: AsyncStream<Void>.Continuation

    init(
        _ observations: [EventObservation], every interval: Duration, _ continuation: AsyncStream<Void>.Continuation,
        tick: @escaping @Sendable () -> Void
    ) {
        self.observations = observations
        self.continuation = continuation
        timer = DispatchSource.makeTimerSource(queue: .global())
        let parts = interval.components
        let nanoseconds = Int(parts.seconds) * 1_000_000_000 + Int(parts.attoseconds / 1_000_000_000)
        timer.schedule(
            deadline: .now() + .nanoseconds(nanoseconds), repeating: .nanoseconds(nanoseconds),
            leeway: .nanoseconds(nanoseconds / 20))
        timer.setEventHandler(handler: tick)
        timer.activate()
    }

    func end() { continuation.finish() }

    deinit {
        timer.cancel()
        continuation.finish()
    }
}
