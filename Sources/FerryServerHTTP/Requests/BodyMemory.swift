// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import Synchronization

/// The memory that all JSON bodies under way share. Who finds none left waits a while, first come first served.
final class BodyMemory: Sendable {
    private struct Waiter {
        let id: UInt64
        let bytes: Int
        let wake: AsyncStream<Void>.Continuation
    }

    private struct State {
        var free: Int
        var nextID: UInt64 = 0
        var waiters: [Waiter] = []
    }

    private let capacity: Int
    private let patience: Duration
    private let state: Mutex<State>

    /// - Parameters:
    ///   - capacity: bytes in all.
    ///   - patience: how long to wait for some.
    init(capacity: Int, patience: Duration) {
        self.capacity = capacity
        self.patience = patience
        state = Mutex(State(free: capacity))
    }

    /// Bytes nobody holds.
    var free: Int { state.withLock { $0.free } }

    /// A share of nothing yet.
    func share() -> Share { Share(of: self) }

    /// What one request holds, until it is released or forgotten.
    final class Share: Sendable {
        private let memory: BodyMemory
        private let held = Mutex(0)

        fileprivate init(of memory: BodyMemory) { self.memory = memory }

        deinit { release() }

        /// Takes more.
        ///
        /// - Throws: ``ServerError`` of code `unavailable` when none came free in time, `payload_too_large` when there
        ///   is not as much at all; `CancellationError`.
        func grow(by bytes: Int) async throws {
            guard held.withLock({ $0 }) + bytes <= memory.capacity else {
                throw ServerError(.payloadTooLarge, "the body holds more values than fit; upload large values as files")
            }
            try await memory.take(bytes, isFirst: held.withLock { $0 } == 0)
            held.withLock { $0 += bytes }
        }

        /// Gives everything back.
        func release() {
            let bytes = held.withLock { held in
                defer { held = 0 }
                return held
            }
            if bytes > 0 { memory.give(bytes) }
        }
    }

    /// Who holds some already goes first: others may be waiting for those bytes.
    private func take(_ bytes: Int, isFirst: Bool) async throws {
        let (stream, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let id = state.withLock { state -> UInt64? in
            if state.waiters.isEmpty || !isFirst, state.free >= bytes {
                state.free -= bytes
                return nil
            }
            state.nextID += 1
            let waiter = Waiter(id: state.nextID, bytes: bytes, wake: wake)
            state.waiters.insert(waiter, at: isFirst ? state.waiters.endIndex : 0)
            return state.nextID
        }
        guard let id else { return }
        let patience = patience
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in stream { return } }
            group.addTask { try? await Task.sleep(for: patience) }
            await group.next()
            group.cancelAll()
        }
        // Who is not among the waiting any more was given the bytes.
        let isWaiting = state.withLock { state in
            guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return false }
            state.waiters.remove(at: index)
            return true
        }
        if isWaiting {
            // Smaller wishes behind this one may be granted now.
            give(0)
            try Task.checkCancellation()
            throw ServerError(.unavailable, "the server has too many request bodies under way; try again")
        }
        if Task.isCancelled {
            give(bytes)
            throw CancellationError()
        }
    }

    private func give(_ bytes: Int) {
        let granted = state.withLock { state in
            state.free += bytes
            var granted: [Waiter] = []
            while let first = state.waiters.first, first.bytes <= state.free {
                state.free -= first.bytes
                granted.append(state.waiters.removeFirst())
            }
            return granted
        }
        for waiter in granted { waiter.wake.yield() }
    }
}

/// What a body costs once it is parsed.
enum JSONCost {
    /// Bytes for each value beside its text, generously.
    static let perValue = 64

    /// An upper bound in bytes, whatever the text holds: its strings, and each value and member.
    static func estimate(_ text: [UInt8]) -> Int {
        var (values, isInString, isEscaped) = (1, false, false)
        for byte in text {
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "{"): values += 1
            default: break
            }
        }
        return text.count + values * perValue
    }
}
