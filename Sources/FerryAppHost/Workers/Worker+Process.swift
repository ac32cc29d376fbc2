// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import Logging
import NIOCore
import Subprocess
import SystemPackage

extension Worker {
    /// How a process ended.
    struct End: Sendable {
        /// The reason in words, for whoever still waits.
        var failure: AppFailure
        /// How its task ended, if that was known before.
        var last: TaskConversation.Outcome?
        /// Whether it left of its last command what it had not read: it cannot have known that command.
        var leftCommand = false
    }

    /// Runs the process to its end.
    func process() async -> End {
        do {
            return try await runProcess()
        } catch {
            logger.error(
                "a process of an app could not be run",
                metadata: ["error": "\(error)", "app": "\(design.plan.appReference)"])
            return End(
                failure: AppFailure(
                    message: "the app's process could not be run; the server's log says why", isRetryable: true))
        }
    }

    private func runProcess() async throws -> End {
        let configuration = launcher.configuration(plan: design.plan, folder: folder)
        let ends = PipeEnds()
        defer { ends.closeAll() }
        let commands = try ends.pipe()
        let replies = try ends.pipe()
        let log = try ends.pipe()
        let marker = LogMarker(pipe: log.writing)
        use(marker)
        let unread = UnreadBytes(of: commands.reading)
        ends.pass(replies.reading, commands.writing)
        let talk = try await ProcessPipe.channel(input: replies.reading, output: commands.writing)
        let (lifecycle, status) = try await talk.executeThenClose { inbound, outbound in
            ends.pass(log.reading)
            let printed = try await ProcessPipe.channel(input: log.reading)
            return try await printed.executeThenClose { lines, _ in
                ends.pass(commands.reading, replies.writing, log.writing)
                let record = try await Subprocess.run(
                    configuration,
                    input: .fileDescriptor(
                        FileDescriptor(rawValue: commands.reading), closeAfterSpawningProcess: true),
                    output: .fileDescriptor(
                        FileDescriptor(rawValue: replies.writing), closeAfterSpawningProcess: true),
                    error: .fileDescriptor(FileDescriptor(rawValue: log.writing), closeAfterSpawningProcess: true)
                ) { execution in
                    await converse(
                        ProcessGroup(leader: execution.processIdentifier.value), marker, inbound, outbound, lines)
                }
                return (record.closureResult, record.terminationStatus)
            }
        }
        let leftCommand = unread.count > 0
        switch lifecycle.verdict {
        case .stopped:
            return End(
                failure: AppFailure(message: "the app was ended", isRetryable: true), last: lifecycle.lastOutcome)
        case .failure(let failure): return End(failure: failure, last: lifecycle.lastOutcome)
        case .died(let wasKilled):
            return End(
                failure: death(status, wasKilled: wasKilled), last: lifecycle.lastOutcome, leftCommand: leftCommand)
        }
    }

    private func death(_ status: TerminationStatus, wasKilled: Bool) -> AppFailure {
        let audience = listener.current
        let before = audience?.task == nil ? "before it was ready" : "before it returned a result"
        var message =
            if wasKilled {
                "the app closed its output \(before)"
            } else {
                switch status {
                case .exited(let code) where launcher.confinement.turnsSignalsIntoCodes && code > 128:
                    "the app ended with signal \(code - 128) \(before)"
                case .exited(let code): "the app ended with exit code \(code) \(before)"
                case .signaled(let signal): "the app ended with signal \(signal) \(before)"
                }
            }
        let tail = audience?.log.tail ?? ""
        if !tail.isEmpty { message += "; the end of its log: \(tail)" }
        return AppFailure(message: message, isRetryable: true)
    }

    private enum Part: Sendable {
        case writer
        case reader
        case patience
    }

    private func converse(
        _ group: ProcessGroup, _ marker: LogMarker, _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>,
        _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>, _ lines: NIOAsyncChannelInboundStream<ByteBuffer>
    ) async -> WorkerLifecycle {
        // Two commands at most wait for each task.
        let (commands, outbox) = AsyncStream<WorkerCommand>.makeStream()
        let inbox = inbox
        let replies = ReplyReader(limits: limits, listener: listener) { inbox.yield(.signal($0)) }
        let log = LogReader(limits: limits, marker: marker, listener: listener)
        return await withTaskGroup(of: Part.self) { parts in
            parts.addTask {
                for await command in commands {
                    // A process that no longer reads is noticed by what it no longer says.
                    try? await outbound.write(ByteBuffer(bytes: command.line))
                }
                outbound.finish()
                return .writer
            }
            parts.addTask {
                await replies.read(inbound)
                inbox.yield(.signal(.closed))
                return .reader
            }
            parts.addTask {
                await log.read(lines)
                return .reader
            }
            let watch = MemoryWatch(leader: group.leader, threadPool: folder.threadPool)
            let lifecycle = await follow(group, outbox, watch)
            // Before the leader is waited for, so that its number is still its own.
            if !launcher.confinement.turnsSignalsIntoCodes { await watch.kill() }
            group.kill()
            outbox.finish()
            marker.close()
            // Something that left the process group could keep the pipes open for ever.
            parts.addTask { [limits] in
                try? await Task.sleep(for: limits.logTime)
                return .patience
            }
            var open = 2
            for await part in parts where open > 0 {
                switch part {
                case .reader: open -= 1
                case .patience: open = 0
                case .writer: break
                }
                if open == 0 { parts.cancelAll() }
            }
            return lifecycle
        }
    }

    /// Does what the life says, until it is over.
    private func follow(
        _ group: ProcessGroup, _ outbox: AsyncStream<WorkerCommand>.Continuation, _ watch: MemoryWatch
    ) async -> WorkerLifecycle {
        var lifecycle = WorkerLifecycle(
            hello: .hello(origins: design.origins),
            setup: .setup(app: design.plan.appReference, setup: design.setup, design.identity), limits: limits)
        var alarms = Alarms(inbox: inbox)
        let inbox = inbox
        let limits = limits
        let memory = design.plan.memory ?? limits.memory
        await withDiscardingTaskGroup { waits in
            var isOver = false
            func perform(_ actions: [WorkerLifecycle.Action]) {
                for action in actions {
                    switch action {
                    case .send(let command): outbox.yield(command)
                    case .closeInput: outbox.finish()
                    case .arm(let timer, let time): alarms.arm(timer, time)
                    case .disarm(let timer): alarms.disarm(timer)
                    case .awaitExit:
                        waits.addTask {
                            if await group.waitForExit(upTo: limits.exitTime) { inbox.yield(.signal(.exited)) }
                        }
                    case .becomeReady: becomeReady()
                    case .taskBegun: if !group.hasExited { beginTask() }
                    case .endTask(let outcome): endTask(outcome)
                    case .kill: isOver = true
                    }
                }
            }
            waits.addTask {
                var hasExited = false
                while (try? await Task.sleep(for: limits.memoryInterval)) != nil {
                    // What it started may hold its pipes open. Its last words have had the time of a round to be read.
                    if hasExited { return _ = inbox.yield(.signal(.exited)) }
                    hasExited = group.hasExited
                    if let taken = await watch.taken(limit: memory), taken > memory {
                        return _ = inbox.yield(.signal(.exceededMemory(memory)))
                    }
                }
            }
            perform(lifecycle.begin())
            for await arrival in arrivals {
                switch arrival {
                case .signal(let signal): perform(lifecycle.handle(signal))
                case .rang(let timer, let serial):
                    if alarms.take(timer, serial: serial) { perform(lifecycle.handle(.expired(timer))) }
                }
                if isOver { break }
            }
            alarms.disarmAll()
            waits.cancelAll()
        }
        return lifecycle
    }
}

/// The timers of one worker. One that was disarmed or set anew never rings.
private struct Alarms {
    let inbox: AsyncStream<Worker.Arrival>.Continuation
    private var armed: [WorkerLifecycle.Timer: (serial: Int, wait: Task<Void, Never>)] = [:]
    private var last = 0

    init(inbox: AsyncStream<Worker.Arrival>.Continuation) { self.inbox = inbox }

    mutating func arm(_ timer: WorkerLifecycle.Timer, _ time: Duration) {
        disarm(timer)
        last += 1
        let serial = last
        // A task of its own, because it ends by itself or when the timer is disarmed, and a group cannot end one alone.
        let wait = Task { [inbox] in
            if (try? await Task.sleep(for: time)) != nil { inbox.yield(.rang(timer, serial: serial)) }
        }
        armed[timer] = (serial, wait)
    }

    mutating func disarm(_ timer: WorkerLifecycle.Timer) { armed.removeValue(forKey: timer)?.wait.cancel() }

    mutating func disarmAll() {
        for timer in armed.keys { disarm(timer) }
    }

    /// Whether a ringing still counts.
    mutating func take(_ timer: WorkerLifecycle.Timer, serial: Int) -> Bool {
        guard armed[timer]?.serial == serial else { return false }
        armed[timer] = nil
        return true
    }
}
