// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import Logging
import Synchronization

/// A process that is set up once and works on one task after the other.
final class Worker: Sendable {
    /// What it takes to make one.
    struct Design: Sendable {
        var plan: LaunchPlan
        var setup: JSONValue
        var identity: WorkerIdentity
        /// What the worker's own guard of downloads lets through.
        var origins: [String]
    }

    /// What comes in, to be acted on in order.
    enum Arrival: Sendable {
        case signal(WorkerLifecycle.Signal)
        case rang(WorkerLifecycle.Timer, serial: Int)
    }

    private struct State {
        var task: Promise<TaskConversation.Outcome>?
        /// Whether the process lived when its task was sent to it.
        var isBegun = false
        var life: Task<Void, Never>?
        var isOver = false
        var isHeld = true
    }

    let design: Design
    let folder: WorkerFolder
    let limits: AppHostLimits
    let launcher: AppLauncher
    let logger: Logger
    let listener = WorkerListener()
    /// A handful of signals at most come in: one for each message that moves the life, timer, pipe and caller.
    let arrivals: AsyncStream<Arrival>
    let inbox: AsyncStream<Arrival>.Continuation
    private let readiness = Promise<AppFailure?>()
    private let state = Mutex(State())
    private let marker = Mutex<LogMarker?>(nil)

    init(design: Design, folder: WorkerFolder, launcher: AppLauncher, limits: AppHostLimits, logger: Logger) {
        self.design = design
        self.folder = folder
        self.launcher = launcher
        self.limits = limits
        self.logger = logger
        (arrivals, inbox) = AsyncStream.makeStream()
    }

    /// Whether it can be given a task.
    var isIdle: Bool { state.withLock { !$0.isOver && $0.task == nil } }

    /// Starts the process and waits until the app is set up. To be called once.
    ///
    /// - Parameter whenOver: called when the process has ended, whenever that is.
    /// - Throws: ``AppFailure``, `CancellationError`; the process has ended then.
    func start(
        events: @escaping @Sendable (AppEvent) async -> Void, whenOver: @escaping @Sendable () async -> Void
    ) async throws {
        let audience = Audience(task: nil, limits: limits, events: events)
        listener.attach(audience)
        await audience.deliver(.settingUp)
        // A task of its own, because the process outlives the task that it was started for.
        let life = Task {
            await self.live()
            await whenOver()
        }
        state.withLock { $0.life = life }
        let failure = await withTaskCancellationHandler {
            await readiness.value()
        } onCancel: {
            inbox.yield(.signal(.stopRequested))
        }
        await catchUp()
        if Task.isCancelled {
            await stop()
            throw CancellationError()
        }
        if let failure { throw failure }
    }

    /// Runs a task. One at a time.
    ///
    /// - Throws: ``AppFailure``, `CancellationError`.
    func run(
        _ job: AppJob, input: JSONValue, workspace: DiskWorkspace,
        events: @escaping @Sendable (AppEvent) async -> Void
    ) async throws -> JSONValue {
        try Task.checkCancellation()
        let promise = Promise<TaskConversation.Outcome>()
        let isTaken = state.withLock { state in
            guard !state.isOver else { return false }
            state.task = promise
            state.isBegun = false
            return true
        }
        guard isTaken else { throw Self.endedBefore }
        listener.attach(Audience(task: job.taskID, limits: limits, events: events))
        let command = WorkerCommand.run(
            job, app: design.plan.appReference, input: input, workFolder: folder.workPath,
            outputFolder: workspace.outputPath, design.identity)
        inbox.yield(.signal(.begin(TaskConversation(task: job.taskID, run: command, limits: limits))))
        let outcome = await withTaskCancellationHandler {
            await promise.value()
        } onCancel: {
            inbox.yield(.signal(.task(.cancelRequested)))
        }
        await catchUp()
        state.withLock { $0.task = nil }
        switch outcome {
        case .output(let output): return output
        case .failure(let failure): throw failure
        case .cancelled: throw CancellationError()
        }
    }

    /// It ended on its own between two tasks.
    static let endedBefore = AppFailure(
        message: "the app ended before it was given the task", isRetryable: true, wasBegun: false)

    /// Ends the process, politely if it is idle, and returns when it is over.
    func stop() async {
        inbox.yield(.signal(.stopRequested))
        await state.withLock { $0.life }?.value
    }

    /// Removes the folder of one that was never started.
    func discard() async { await folder.remove() }

    /// Says that nobody looks into the folder any more, for now.
    func letGo() async {
        let isOver = state.withLock { state in
            state.isHeld = false
            return state.isOver
        }
        if isOver { await folder.remove() }
    }

    /// Says that somebody needs the folder, also if the process ends.
    func hold() { state.withLock { $0.isHeld = true } }

    /// Lets what was said before the end of a task or the setup reach who listened, and nobody listen from now on.
    private func catchUp() async {
        await marker.withLock { $0 }?.pass(upTo: limits.logTime)
        listener.attach(nil)
    }

    func use(_ marker: LogMarker) { self.marker.withLock { $0 = marker } }

    func becomeReady() { readiness.fill(nil) }

    func beginTask() { state.withLock { $0.isBegun = true } }

    func endTask(_ outcome: TaskConversation.Outcome) { state.withLock { $0.task }?.fill(outcome) }

    /// The whole life of the process.
    private func live() async {
        let end = await process()
        let (task, isBegun, isHeld) = state.withLock { state in
            state.isOver = true
            return (state.task, state.isBegun, state.isHeld)
        }
        if !isHeld { await folder.remove() }
        readiness.fill(end.failure)
        task?.fill(end.last ?? .failure(isBegun && !end.leftCommand ? end.failure : Self.endedBefore))
    }
}
