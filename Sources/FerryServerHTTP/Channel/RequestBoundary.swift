// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// What the connection knows of the request under way: a body stream that ended says nothing of why.
///
/// Requests can come one behind the other before the first is answered, so ends of requests and of answers are counted:
/// the request under way is the first that has no answer yet.
final class RequestBoundary: Sendable {
    private struct State {
        var requestsEnded = 0
        var answersEnded = 0
    }

    private let state = Mutex(State())

    /// Whether the end of the request under way has come, rather than the connection's.
    var hasEnded: Bool { state.withLock { $0.requestsEnded > $0.answersEnded } }

    /// A request's end came.
    func requestEnded() { state.withLock { $0.requestsEnded += 1 } }

    /// An answer's end went out.
    func answerEnded() { state.withLock { $0.answersEnded += 1 } }
}
