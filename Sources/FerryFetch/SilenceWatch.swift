// SPDX-License-Identifier: Apache-2.0

internal import AsyncHTTPClient
internal import NIOCore
internal import Synchronization

/// Ends a connection that stays silent while somebody waits for it. Its timer is set at most once in the time that is
/// waited, however many waits there are in it.
final class SilenceWatch: Sendable {
    private struct State {
        /// When the present wait has lasted too long; nil between waits.
        var due: NIODeadline?
        var timer: Scheduled<Void>?
        var hasEnded = false
    }

    private let state = Mutex(State())
    private let client: PinnedClient
    private let loop = HTTPClient.defaultEventLoopGroup.any()

    init(client: PinnedClient) { self.client = client }

    deinit { state.withLock { $0.timer?.cancel() } }

    /// Whether it has ended the connection.
    var hasEnded: Bool { state.withLock { $0.hasEnded } }

    /// Begins a wait. None may be due before the one begun before it.
    func begin(_ time: Duration) {
        let due = NIODeadline.now() + TimeAmount(time)
        state.withLock { state in
            state.due = due
            if state.timer == nil { state.timer = timer(due) }
        }
    }

    /// Ends a wait.
    func end() { state.withLock { $0.due = nil } }

    private func timer(_ due: NIODeadline) -> Scheduled<Void> {
        loop.scheduleTask(deadline: due) { [weak self] in self?.look() }
    }

    private func look() {
        let isOver = state.withLock { state in
            state.timer = nil
            guard let due = state.due else { return false }
            guard due <= .now() else {
                state.timer = timer(due)
                return false
            }
            state.hasEnded = true
            return true
        }
        if isOver { client.end() }
    }
}
