// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// One call of an app, from request to the message that ends it.
struct TaskRun: Sendable {
    /// How long an app may take over being told of a cancellation, before its task is cancelled regardless.
    static let cancelGrace: Duration = .seconds(2)

    let request: TaskRequest
    let app: any HostedApp
    let reporter: WorkerReporter

    private enum Step: Sendable {
        case finished(Result<JSONValue, any Error>)
        /// The host asked for the end, or no longer can.
        case cancelled(Bool)
        /// The app was told, or has had its time.
        case told
    }

    /// Runs the app; an element in `cancellation`, or a cancellation of the calling task, cancels it.
    func outcome(cancellation: AsyncStream<Void>) async -> WorkerMessage {
        var result: Result<JSONValue, any Error>?
        var wasCancelled = false
        await withTaskGroup(of: Step.self) { group in
            group.addTask {
                do {
                    return .finished(.success(try await call()))
                } catch {
                    return .finished(.failure(error))
                }
            }
            group.addTask {
                for await _ in cancellation { return .cancelled(true) }
                return .cancelled(false)
            }
            for await step in group {
                switch step {
                case .finished(let value):
                    result = value
                    group.cancelAll()
                case .cancelled(false), .told:
                    group.cancelAll()
                case .cancelled(true):
                    wasCancelled = true
                    group.addTask {
                        await app.cancel()
                        return .told
                    }
                    group.addTask {
                        // Cut short by the end of the task, which is just as well.
                        try? await Task.sleep(for: Self.cancelGrace)
                        return .told
                    }
                }
            }
        }
        wasCancelled = wasCancelled || Task.isCancelled
        switch result {
        case .success(let output): return ending(output)
        case .failure(let error): return wasCancelled ? .cancelled(task: request.task) : ending(error)
        case nil: return .cancelled(task: request.task)
        }
    }

    private func call() async throws -> JSONValue {
        let manifest = app.manifest
        let function = request.function ?? manifest.defaultFunction
        guard manifest.functions[function] != nil else {
            throw AppFailure("\(manifest.reference) has no function \(function)", code: .unknownFunction)
        }
        let scope = TaskScope(
            taskID: request.task, workDirectory: request.workDirectory, outputDirectory: request.outputDirectory,
            metadata: request.metadata, reporter: reporter)
        return try await app.run(function: function, input: request.input, scope: scope)
    }

    private func ending(_ output: JSONValue) -> WorkerMessage {
        guard output.objectValue != nil else {
            let text = "the app returned \(output.kind), not an object"
            return .error(task: request.task, code: .invalidOutput, message: text)
        }
        let message = WorkerMessage.result(task: request.task, output: output)
        guard message.fits else {
            let text = "the app returned more than 8 MiB of JSON; data of that size belongs into files"
            return .error(task: request.task, code: .invalidOutput, message: text)
        }
        return message
    }

    private func ending(_ error: any Error) -> WorkerMessage {
        let failure = AppFailure(telling: error, of: request.app, to: reporter)
        return .error(task: request.task, code: failure.code, message: failure.message)
    }
}

extension AppFailure {
    /// What the caller is told of an error that an app threw; the rest goes to the log.
    init(telling error: any Error, of app: String, to reporter: WorkerReporter) {
        if let failure = error as? AppFailure {
            if let cause = failure.cause { reporter.log("\(cause)", level: .error) }
            self = failure
            return
        }
        // The text of a foreign error may hold paths or secrets: it is for the log, not for the caller.
        reporter.log("\(app) threw \(type(of: error)): \(error)", level: .error)
        let text = "the app failed unexpectedly (\(type(of: error))); its log says more"
        self.init(text, code: .internalError)
    }
}
