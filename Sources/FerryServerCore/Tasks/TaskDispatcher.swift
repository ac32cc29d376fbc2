// SPDX-License-Identifier: Apache-2.0

internal import FerryWire
package import Logging
internal import ServiceLifecycle
internal import Synchronization

/// Takes tasks from the queue and runs them, a bounded number at once.
package struct TaskDispatcher: Service {
    private let queue: any TaskQueue
    private let bus: any EventBus
    private let execution: TaskExecution
    private let limits: ServerLimits
    private let clock: ServerClock
    private let logger: Logger
    /// Whether no other process takes from this queue: then every task under way at the start was interrupted.
    private let isAlone: Bool

    package init(
        queue: any TaskQueue, bus: any EventBus, execution: TaskExecution, isAlone: Bool, limits: ServerLimits,
        clock: ServerClock, logger: Logger
    ) {
        self.queue = queue
        self.bus = bus
        self.execution = execution
        self.isAlone = isAlone
        self.limits = limits
        self.clock = clock
        self.logger = logger
    }

    /// Text of a task whose attempts were all interrupted.
    private static let interrupted = "the task was interrupted each time it was begun; run it again"

    /// Runs until a graceful shutdown; then tasks under way go back to the queue.
    package func run() async throws {
        try await reclaim(before: isAlone ? Timestamp(microseconds: .max) : clock.now())
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                for _ in 0..<limits.maximumConcurrentTasks { group.addTask { await work() } }
                group.addTask { await workForChats() }
                group.addTask { await reclaimRepeatedly() }
            }
        }
    }

    private func work() async {
        for await _ in bus.signals(of: .queue, every: .seconds(1)) {
            while !Task.isCancelled, let task = await next() { await execution.run(task) }
        }
    }

    /// Calls of chats wait for the network more than for the processor, so that many may be under way. One takes them
    /// all from the queue: sixty that ask at once would only get into each other's way.
    private func workForChats() async {
        let places = Places(limits.maximumConcurrentChats, perTeam: limits.maximumConcurrentChatsPerTeam)
        await withDiscardingTaskGroup { group in
            for await _ in bus.signals(of: .queue, every: .seconds(1)) {
                while !Task.isCancelled, places.areFree,
                    let task = await next(ofChats: true, maximumPerTeam: places.share)
                {
                    places.take()
                    group.addTask {
                        await execution.run(task)
                        places.giveBack()
                        bus.publish(.queue)
                    }
                }
            }
        }
    }

    private func next(ofChats: Bool = false, maximumPerTeam: Int = .max) async -> TaskRecord? {
        do {
            let now = clock.now()
            let task = try await queue.claim(
                owner: execution.owner, leaseUntil: now.advanced(bySeconds: limits.taskLease), ofChats: ofChats,
                maximumPerTeam: maximumPerTeam, at: now)
            if let task { bus.publish(.task(task.id)) }
            return task
        } catch {
            if !Task.isCancelled { logger.error("cannot take a task from the queue", metadata: ["error": "\(error)"]) }
            return nil
        }
    }

    private func reclaimRepeatedly() async {
        while (try? await Task.sleep(for: .seconds(limits.taskLease))) != nil {
            do {
                try await reclaim(before: clock.now())
            } catch {
                logger.error("cannot take back interrupted tasks", metadata: ["error": "\(error)"])
            }
        }
    }

    private func reclaim(before time: Timestamp) async throws {
        let tasks = try await queue.reclaim(leaseExpiredBefore: time, error: Self.interrupted, at: clock.now())
        for task in tasks {
            logger.warning("an interrupted task was taken back", metadata: ["task": "\(task.id)"])
            bus.publish(.task(task.id))
        }
        if !tasks.isEmpty { bus.publish(.queue) }
        if tasks.contains(where: { $0.status.isTerminal && $0.webhook != nil }) { bus.publish(.webhooks) }
    }
}

extension TaskDispatcher: CustomStringConvertible {
    /// Short: service groups log their services, and nothing inside belongs in a log.
    package var description: String { "task dispatcher" }
}

/// Places for tasks that run at once.
private final class Places: Sendable {
    private let free: Mutex<Int>
    private let count: Int
    private let perTeam: Int

    /// - Parameter perTeam: most places of one team while no other team has any.
    init(_ count: Int, perTeam: Int) {
        free = Mutex(count)
        self.count = count
        self.perTeam = max(1, perTeam)
    }

    /// Most places that one team may have now: some times as many as are free. So a team that has come to its share leaves
    /// some to the next, which leaves some to the one after, and nobody need be known beforehand.
    var share: Int {
        guard perTeam < count else { return .max }
        return free.withLock { $0 * perTeam / (count - perTeam) }
    }

    var areFree: Bool { free.withLock { $0 > 0 } }
    func take() { free.withLock { $0 -= 1 } }
    func giveBack() { free.withLock { $0 += 1 } }
}
