// SPDX-License-Identifier: Apache-2.0

internal import FerryWire
package import Logging
internal import ServiceLifecycle
internal import Synchronization

/// Tells webhooks of the ends of their tasks, each at least once, until a graceful shutdown.
///
/// A status other than 2xx, or none in ``ServerLimits/webhookTimeout``, is tried again after
/// ``ServerLimits/webhookRetryDelays``. Whoever is told twice sees the same `webhook-id`. What the answer says is not
/// waited for and not logged, nor is the URL.
///
/// Teams share the places: the one with the fewest under way is next, and a quarter of the places are for others than
/// the one team whose receivers are dead or slow.
package struct WebhookSender: Service {
    private let outbox: any WebhookOutbox
    private let store: any TaskStore
    private let web: any ForeignWeb
    private let signer: WebhookSigner
    private let links: LinkService
    private let bus: any EventBus
    private let limits: ServerLimits
    private let clock: ServerClock
    private let logger: Logger

    package init(
        outbox: any WebhookOutbox, store: any TaskStore, web: any ForeignWeb, signer: WebhookSigner,
        links: LinkService, bus: any EventBus, limits: ServerLimits, clock: ServerClock, logger: Logger
    ) {
        self.outbox = outbox
        self.store = store
        self.web = web
        self.signer = signer
        self.links = links
        self.bus = bus
        self.limits = limits
        self.clock = clock
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                let underWay = UnderWay()
                for await _ in bus.signals(of: .webhooks, every: .seconds(1)) {
                    for delivery in await due(limit: limits.maximumConcurrentWebhooks - underWay.count) {
                        underWay.begin()
                        group.addTask {
                            await deliver(delivery)
                            underWay.end()
                            // Others may have waited for its place.
                            bus.publish(.webhooks)
                        }
                    }
                }
            }
        }
    }

    private func due(limit: Int) async -> [WebhookDelivery] {
        guard limit > 0 else { return [] }
        let now = clock.now()
        do {
            return try await outbox.takeDueWebhooks(
                at: now, heldUntil: now.advanced(bySeconds: 2 * limits.webhookTimeout), limit: limit,
                teamLimit: limits.maximumConcurrentWebhooks - limits.maximumConcurrentWebhooks / 4)
        } catch {
            if !Task.isCancelled {
                logger.error("cannot look for webhooks that are due", metadata: ["error": "\(error)"])
            }
            return []
        }
    }

    /// Tries a delivery once, and settles what comes next.
    package func deliver(_ delivery: WebhookDelivery) async {
        var logger = logger
        logger[metadataKey: "task"] = "\(delivery.taskID)"
        let outcome = await attempt(delivery)
        let wasCut = Task.isCancelled
        let settled = logger
        // A task of its own: it must be done though this one may have been cancelled.
        await Task {
            do {
                try await settle(delivery, outcome, wasCut: wasCut, settled)
            } catch {
                settled.error("what became of a webhook could not be recorded", metadata: ["error": "\(error)"])
            }
        }.value
    }

    private enum Outcome: Sendable {
        case delivered
        case failed(String)
    }

    private func attempt(_ delivery: WebhookDelivery) async -> Outcome {
        do {
            // A task that was removed has nothing more to tell.
            guard let task = try await store.task(id: delivery.taskID) else { return .delivered }
            let body = message(task, base: delivery.webhook.base).serialized()
            // A task ends once, so that its id names the message.
            let headers = signer.headers(id: "msg_\(task.id)", team: task.teamID, time: clock.now(), body: body)
            let status = try await post(delivery.webhook.url, headers, body)
            return (200..<300).contains(status) ? .delivered : .failed("status \(status)")
        } catch let error as ServerError {
            return .failed(error.code.rawValue)
        } catch {
            return .failed("no answer in time")
        }
    }

    private func message(_ task: TaskRecord, base: String) -> JSONValue {
        let presenter = TaskPresenter(files: FilePresenter(links: links, base: base), limits: limits)
        return [
            "type": .string("task.\(task.status.name)"), "timestamp": .time(task.updatedAt),
            "data": presenter.present(task).json,
        ]
    }

    private func post(_ url: String, _ headers: [(String, String)], _ body: [UInt8]) async throws -> Int {
        let (web, timeout) = (web, limits.webhookTimeout)
        return try await withThrowingTaskGroup(of: Int.self) { group in
            group.addTask { try await web.post(url, headers: headers, body: body) }
            group.addTask {
                try await Task.sleep(for: .seconds(timeout))
                throw CancellationError()
            }
            defer { group.cancelAll() }
            guard let status = try await group.next() else { throw CancellationError() }
            return status
        }
    }

    private func settle(
        _ delivery: WebhookDelivery, _ outcome: Outcome, wasCut: Bool, _ logger: Logger
    ) async throws {
        guard case .failed(let reason) = outcome else {
            try await outbox.removeWebhook(taskID: delivery.taskID)
            return
        }
        if wasCut {
            // The server stops: that is no fault of the receiver's, and takes none of its tries.
            try await outbox.postponeWebhook(taskID: delivery.taskID, until: clock.now(), countsAttempt: false)
            return
        }
        let details: Logger.Metadata = ["attempt": "\(delivery.attempts)", "reason": "\(reason)"]
        let index = max(delivery.attempts - 1, 0)
        guard index < limits.webhookRetryDelays.count else {
            logger.warning("a webhook could not be told and is given up", metadata: details)
            try await outbox.removeWebhook(taskID: delivery.taskID)
            return
        }
        logger.notice("a webhook could not be told and is tried again", metadata: details)
        try await outbox.postponeWebhook(
            taskID: delivery.taskID, until: clock.now().advanced(bySeconds: limits.webhookRetryDelays[index]),
            countsAttempt: true)
    }

    /// How many deliveries are under way.
    private final class UnderWay: Sendable {
        private let value = Mutex(0)
        var count: Int { value.withLock { $0 } }
        func begin() { value.withLock { $0 += 1 } }
        func end() { value.withLock { $0 -= 1 } }
    }
}

extension WebhookSender: CustomStringConvertible {
    /// Short: service groups log their services, and nothing inside belongs in a log.
    package var description: String { "webhook sender" }
}
