// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Finds out when all that a process logged before a moment has been read: the host writes a word that nobody can guess
/// behind it, into the same pipe, and waits until it comes out.
final class LogMarker: Sendable {
    private struct State {
        var writing: Int32?
        var arrived = 0
    }

    /// The word, with zeros around it, which no text holds.
    let word: [UInt8] = [0] + Array(Identifier.random().utf8) + [0]
    private let state: Mutex<State>
    /// Whether this system lets a pipe be opened a second time.
    private let isAvailable: Bool

    /// Opens the pipe a second time, so that a full one makes the host come back rather than wait.
    ///
    /// - Parameter pipe: a descriptor of the writing end, which stays the caller's.
    init(pipe: Int32) {
        #if os(Linux)
        let opened = open("/proc/self/fd/\(pipe)", O_WRONLY | O_NONBLOCK | O_CLOEXEC)
        #else
        let opened: Int32 = -1
        #endif
        isAvailable = opened >= 0
        state = Mutex(State(writing: opened >= 0 ? opened : nil))
    }

    deinit { close() }

    /// Gives the pipe up, so that its reader can see its end.
    func close() {
        let descriptor = state.withLock { state in
            defer { state.writing = nil }
            return state.writing
        }
        if let descriptor { ProcessPipe.close(descriptor) }
    }

    /// Says that the word came out.
    func arrive() { state.withLock { $0.arrived += 1 } }

    /// Waits until what was logged so far is read; no longer than that, and not where the pipe is gone.
    func pass(upTo limit: Duration) async {
        // There is no better way then than to give the log a moment.
        guard isAvailable else { return await Self.rest(min(limit, .milliseconds(20))) }
        let target = state.withLock { $0.arrived } + 1
        let deadline = ContinuousClock.now + limit
        var isWritten = false
        var pause = Duration.microseconds(50)
        while ContinuousClock.now < deadline {
            if !isWritten {
                switch put() {
                case .written: isWritten = true
                case .full: break
                case .gone: return
                }
            }
            if state.withLock({ $0.arrived }) >= target { return }
            // Not cut short by a cancellation: what is left of the log belongs to this task and no other.
            await Self.rest(pause)
            pause = min(pause * 2, .milliseconds(5))
        }
    }

    private enum Attempt {
        case written
        case full
        case gone
    }

    private func put() -> Attempt {
        state.withLock { state in
            guard let descriptor = state.writing else { return .gone }
            let count = word.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            // As short as it is, it is written whole or not at all.
            if count == word.count { return .written }
            return errno == EAGAIN || errno == EINTR ? .full : .gone
        }
    }

    private static func rest(_ time: Duration) async {
        let sleep = Task { try await Task.sleep(for: time) }
        _ = try? await sleep.value
    }
}
