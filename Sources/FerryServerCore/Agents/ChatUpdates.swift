// SPDX-License-Identifier: Apache-2.0

package import FerryWire
internal import Synchronization

extension ChatService {
    /// What happens in a chat, from the beginning of its latest run until the agent is no longer at work.
    ///
    /// First comes the chat as it was at work, then the run's messages, then increments and changed messages as they
    /// come, last the chat as it is. So who opens a stream late, or anew, misses nothing. Something comes at least every
    /// ``ServerLimits/heartbeatInterval``.
    package func updates(of chat: ChatRecord, presenter: ChatPresenter) -> ChatUpdates {
        ChatUpdates(service: self, presenter: presenter, id: chat.id)
    }
}

/// What happens in one chat. A slow reader gets increments put together, and misses states in between, never an end.
package struct ChatUpdates: AsyncSequence, Sendable {
    package typealias Element = ChatStreamLine
    package typealias Failure = any Error
    let service: ChatService
    let presenter: ChatPresenter
    let id: String
    private let stop = Stop()

    init(service: ChatService, presenter: ChatPresenter, id: String) {
        self.service = service
        self.presenter = presenter
        self.id = id
    }

    /// Ends the sequence for whoever reads it.
    package func end() { stop.request() }

    enum Cause: Sendable {
        case changed
        case said
        case tick
    }

    package func makeAsyncIterator() -> Iterator {
        let causes = Signals(
            of: [(.chat(id), Cause.changed), (.answer(id), .said)], on: service.bus, every: .seconds(1), tick: .tick)
        stop.whenRequested { causes.end() }
        return Iterator(
            view: ChatView(service: service, presenter: presenter, id: id), causes: causes.makeAsyncIterator())
    }

    package struct Iterator: AsyncIteratorProtocol {
        fileprivate let view: ChatView
        fileprivate var causes: Signals<Cause>.Iterator

        package mutating func next(isolation actor: isolated (any Actor)?) async throws -> ChatStreamLine? {
            while true {
                if let line = view.takeLine() { return line }
                if try await view.tellMore() { continue }
                if view.isOver { return nil }
                if !view.hasBegun {
                    try await view.begin()
                    continue
                }
                guard let cause = await causes.next(isolation: actor) else { return nil }
                switch cause {
                case .changed: try await view.look()
                case .said: view.listen()
                case .tick: try await view.tick()
                }
            }
        }
    }
}

/// Somebody wants an end.
private final class Stop: Sendable {
    private struct State {
        var isRequested = false
        var actions: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())

    func request() {
        let actions = state.withLock { state in
            state.isRequested = true
            defer { state.actions = [] }
            return state.actions
        }
        for action in actions { action() }
    }

    func whenRequested(_ action: @escaping @Sendable () -> Void) {
        let isLate = state.withLock { state in
            if !state.isRequested { state.actions.append(action) }
            return state.isRequested
        }
        if isLate { action() }
    }
}
