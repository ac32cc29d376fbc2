// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import HTTPTypes
internal import Synchronization

/// What all routes share.
final class ServerState: Sendable {
    let services: ServerServices
    let publicURL: String?
    let activity: ActivityMonitor
    /// For JSON bodies of some size.
    let bodyMemory: BodyMemory
    /// For the others, so that they never wait behind large ones.
    let smallBodyMemory: BodyMemory
    let sendMemory: SendMemory

    init(services: ServerServices, publicURL: String?, activity: ActivityMonitor) {
        self.services = services
        self.publicURL = publicURL
        self.activity = activity
        sendMemory = SendMemory(limits: services.limits)
        let (capacity, patience) = (
            services.limits.maximumBodyMemory, Duration.milliseconds(services.limits.bodyMemoryWait)
        )
        bodyMemory = BodyMemory(capacity: capacity / 4 * 3, patience: patience)
        smallBodyMemory = BodyMemory(capacity: capacity / 4, patience: patience)
    }

    /// The address that links handed out begin with.
    func base(for head: HTTPRequest) throws(ServerError) -> String {
        try BaseAddress.of(head, publicURL: publicURL)
    }
}

/// Knows whether anybody uses the server.
package final class ActivityMonitor: Sendable {
    private struct State {
        var inFlight = 0
        var lastActive = ContinuousClock.now
    }

    /// A request under way, until nobody holds this any more: an answer may be dropped unwritten.
    final class Mark: Sendable {
        private let monitor: ActivityMonitor

        fileprivate init(_ monitor: ActivityMonitor) { self.monitor = monitor }

        deinit {
            monitor.state.withLock { state in
                state.inFlight -= 1
                state.lastActive = .now
            }
        }
    }

    private let state = Mutex(State())

    /// Nobody yet.
    package init() {}

    /// Counts a request, for as long as the mark is held.
    func begin() -> Mark {
        state.withLock { $0.inFlight += 1 }
        return Mark(self)
    }

    /// How many requests are under way.
    var requestsUnderWay: Int { state.withLock { $0.inFlight } }

    /// How long no request has been under way; zero while one is.
    package var idleTime: Duration {
        state.withLock { $0.inFlight > 0 ? .zero : .now - $0.lastActive }
    }
}
