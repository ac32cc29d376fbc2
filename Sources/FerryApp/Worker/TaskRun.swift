// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// One call of an app, from request to the message that ends it.
struct TaskRun: Sendable {
    let request: TaskRequest
    let apps: [String: any App]
    let reporter: WorkerReporter

    private enum Step: Sendable {
        case finished(Result<JSONValue, any Error>)
        case cancelled(Bool)
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
                case .finished(let value): result = value
                case .cancelled(let asked): wasCancelled = asked
                }
                group.cancelAll()
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
        guard let app = apps[request.app] else {
            throw AppFailure("this process holds no app \(request.app)", code: .unknownApp)
        }
        let manifest = type(of: app).manifest
        let function = request.function ?? manifest.defaultFunction
        guard manifest.functions[function] != nil else {
            throw AppFailure("\(manifest.reference) has no function \(function)", code: .unknownFunction)
        }
        let context = TaskContext(
            taskID: request.task, workDirectory: request.workDirectory, outputDirectory: request.outputDirectory,
            reporter: reporter)
        return try await app.run(function: function, input: request.input, context: context)
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
        if let failure = error as? AppFailure {
            if let cause = failure.cause { reporter.log("\(cause)", level: .error) }
            return .error(task: request.task, code: failure.code, message: failure.message)
        }
        // The text of a foreign error may hold paths or secrets: it is for the log, not for the caller.
        reporter.log("\(request.app) threw \(type(of: error)): \(error)", level: .error)
        let text = "the app failed unexpectedly (\(type(of: error))); its log says more"
        return .error(task: request.task, code: .internalError, message: text)
    }
}
