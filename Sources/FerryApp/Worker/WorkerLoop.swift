// SPDX-License-Identifier: Apache-2.0

import FerryWire

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Reads what the host says and works on its tasks, one at a time, until told to stop.
struct WorkerLoop: Sendable {
    /// How the loop ended.
    enum Ending: Sendable, Equatable {
        /// By `shutdown`, the end of input, or a cancellation.
        case stopped
        /// Because the host said something that cannot be understood.
        case brokenProtocol(String)
    }

    let apps: [String: any App]
    let reader: LineReader
    let writer: MessageWriter
    /// Called when no more messages are read, before the task at work is cancelled and waited for.
    let onStopping: @Sendable () -> Void

    private let slot = TaskSlot()

    init(
        apps: [String: any App], reader: LineReader, writer: MessageWriter,
        onStopping: @escaping @Sendable () -> Void = {}
    ) {
        self.apps = apps
        self.reader = reader
        self.writer = writer
        self.onStopping = onStopping
    }

    /// Greets the host and works until told to stop. A task at work then is cancelled and waited for.
    func run() async -> Ending {
        await writer.send(.hello(apps: apps.keys.sorted()))
        return await withDiscardingTaskGroup { group in
            var ending: Ending?
            while ending == nil {
                switch await reader.next() {
                case nil: ending = .stopped
                case .tooLong: ending = .brokenProtocol("the host sent a line of more than 8 MiB")
                case .bytes(let line): ending = await handle(line, in: &group)
                }
            }
            onStopping()
            group.cancelAll()
            return ending ?? .stopped
        }
    }

    /// Acts on one line; not nil when it was the last.
    private func handle(_ line: [UInt8], in group: inout DiscardingTaskGroup) async -> Ending? {
        let message: HostMessage
        do {
            message = try HostMessage(line: line)
        } catch {
            return .brokenProtocol("the host sent a line that cannot be understood: \(error)")
        }
        switch message {
        case .hello(HostMessage.protocolVersion), .unknown:
            return nil
        case .hello(let version):
            return .brokenProtocol(
                "the host speaks version \(version) of the protocol, this app \(HostMessage.protocolVersion)")
        case .shutdown:
            return .stopped
        case .cancel(let task):
            slot.cancel(task)
            return nil
        case .run(let request):
            if let cancellation = slot.begin(request.task) {
                group.addTask { await work(on: request, cancellation) }
            } else {
                let text = "the process is working on another task"
                await writer.send(.error(task: request.task, code: .busy, message: text))
            }
            return nil
        }
    }

    /// Works on one task and tells the host how it ended.
    private func work(on request: TaskRequest, _ cancellation: AsyncStream<Void>) async {
        let reporter = WorkerReporter(task: request.task, writer: writer)
        let run = TaskRun(request: request, apps: apps, reporter: reporter)
        let ending = await run.outcome(cancellation: cancellation)
        await reporter.close()
        // What the app printed lies in the C library's buffer; it belongs before the end of this task.
        fflush(nil)
        slot.end()
        await writer.send(ending)
    }
}
