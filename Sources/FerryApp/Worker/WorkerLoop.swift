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

    let apps: AppShelf
    let reader: LineReader
    let writer: MessageWriter
    /// Called with the origins that downloads may reach although they lie in a private network.
    let onGreeting: @Sendable ([String]) -> Void
    /// Called when no more messages are read, before the task at work is cancelled and waited for.
    let onStopping: @Sendable () -> Void

    private let slot = TaskSlot()

    init(
        apps: AppShelf, reader: LineReader, writer: MessageWriter,
        onGreeting: @escaping @Sendable ([String]) -> Void = { _ in },
        onStopping: @escaping @Sendable () -> Void = {}
    ) {
        self.apps = apps
        self.reader = reader
        self.writer = writer
        self.onGreeting = onGreeting
        self.onStopping = onStopping
    }

    /// Greets the host and works until told to stop. A task at work then is cancelled and waited for, and the apps are
    /// unloaded.
    func run() async -> Ending {
        await writer.send(.hello(apps: apps.manifests.map(\.reference)))
        let ending = await withDiscardingTaskGroup { group in
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
        await apps.unload()
        fflush(nil)
        return ending
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
        case .unknown:
            return nil
        case .hello(HostMessage.protocolVersion, let origins):
            onGreeting(origins)
            return nil
        case .hello(let version, _):
            return .brokenProtocol(
                "the host speaks version \(version) of the protocol, this app \(HostMessage.protocolVersion)")
        case .shutdown:
            return .stopped
        case .cancel(let task):
            slot.cancel(task)
            return nil
        case .setup(let request):
            await begin(request, in: &group)
            return nil
        case .run(let request):
            await begin(request, in: &group)
            return nil
        }
    }

    /// Starts the setup of an app, unless it has had one.
    private func begin(_ request: SetupRequest, in group: inout DiscardingTaskGroup) async {
        do throws(AppFailure) {
            let (key, app) = try apps.app(request.app)
            guard slot.begin(nil) != nil else {
                throw AppFailure("the process is working on a task", code: .busy)
            }
            guard apps.beginSetup(key) else {
                slot.end()
                throw AppFailure("\(request.app) was set up before; another setup needs another process")
            }
            group.addTask { await setUp(key, app, request) }
        } catch {
            await writer.send(.setupFailed(code: error.code, message: error.message))
        }
    }

    /// Sets an app up and tells the host how that ended.
    private func setUp(_ key: String, _ app: any HostedApp, _ request: SetupRequest) async {
        let reporter = WorkerReporter(task: nil, writer: writer)
        let context = SetupContext(
            appFolder: getenv("FERRY_APP_DIR").map { String(cString: $0) }, metadata: request.metadata,
            reporter: reporter)
        var ending = WorkerMessage.ready
        do {
            try await app.setUp(request.setup, context: context)
        } catch {
            let failure = AppFailure(telling: error, of: request.app, to: reporter)
            ending = .setupFailed(code: failure.code, message: failure.message)
        }
        apps.endSetup(key, isReady: ending == .ready)
        await reporter.close()
        fflush(nil)
        slot.end()
        await writer.send(ending)
    }

    /// Starts a task, unless another is at work or the app is not ready.
    private func begin(_ request: TaskRequest, in group: inout DiscardingTaskGroup) async {
        do throws(AppFailure) {
            let (key, app) = try apps.app(request.app)
            guard let cancellation = slot.begin(request.task) else {
                throw AppFailure("the process is working on another task", code: .busy)
            }
            guard apps.isReady(key) else {
                slot.end()
                throw AppFailure("\(request.app) is not set up; the host must do that first", code: .notReady)
            }
            group.addTask { await work(on: request, app, cancellation) }
        } catch {
            await writer.send(.error(task: request.task, code: error.code, message: error.message))
        }
    }

    /// Works on one task and tells the host how it ended.
    private func work(on request: TaskRequest, _ app: any HostedApp, _ cancellation: AsyncStream<Void>) async {
        let reporter = WorkerReporter(task: request.task, writer: writer)
        let run = TaskRun(request: request, app: app, reporter: reporter)
        let ending = await run.outcome(cancellation: cancellation)
        await reporter.close()
        // What the app printed lies in the C library's buffer; it belongs before the end of this task.
        fflush(nil)
        slot.end()
        await writer.send(ending)
    }
}
