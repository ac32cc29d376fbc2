// SPDX-License-Identifier: Apache-2.0

public import FerryWire

extension TasksAPI {
    /// Runs an app: uploads the files in the input, starts a task, and waits for its end.
    ///
    /// - Parameters:
    ///   - app: `namespace/name[@version][:function]`, or a bare name.
    ///   - input: the input; which of its strings are files is decided by the app's schema, see ``UploadPlan``.
    ///   - function: the function; nil for the one in the reference, else the app's default.
    ///   - setup: what the app is set up with.
    ///   - uploads: what automatic upload does.
    ///   - wait: whether to wait for the task's end; if not, the result is the task as it was made.
    ///   - cancelsRemotely: whether the task is cancelled on the server when the waiting Swift task is.
    /// - Throws: ``FerryError`` (`taskFailed`, `taskCancelled`, `invalidInput` naming a place in the input, `notFound`,
    ///   and what uploads throw) and `CancellationError`.
    @discardableResult
    public func run(
        app: String, input: InputValue = .object([]), function: String? = nil, setup: JSONValue = .null,
        uploads: UploadPolicy = .schemaLed, wait: Bool = true, cancelsRemotely: Bool = true
    ) async throws -> TaskResult {
        try await run(
            app: app, input: input,
            options: RunOptions(
                function: function, setup: setup, uploads: uploads, wait: wait, cancelsRemotely: cancelsRemotely))
    }

    /// Runs an app; see ``run(app:input:function:setup:uploads:wait:cancelsRemotely:)``.
    @discardableResult
    public func run(app: String, input: InputValue, options: RunOptions) async throws -> TaskResult {
        let started = try await start(app: app, input: input, options: options)
        return try await result(of: started, options)
    }

    /// Waits for a task that was started, if the options say so.
    func result(of started: TaskDTO, _ options: RunOptions) async throws -> TaskResult {
        guard options.wait else { return TaskResult(task: started) }
        do {
            return TaskResult(task: try await finished(started))
        } catch {
            guard Task.isCancelled else { throw error }
            await cancelLeft(started.id, options)
            throw CancellationError()
        }
    }

    /// Uploads the files in the input and starts a task, without waiting for its end.
    ///
    /// - Returns: the task as it was made.
    /// - Throws: as ``run(app:input:function:setup:uploads:wait:cancelsRemotely:)``, but for failures of the task.
    public func start(
        app: String, input: InputValue = .object([]), options: RunOptions = RunOptions()
    ) async throws -> TaskDTO {
        let plan = try await plan(app: app, input: input, function: options.function, uploads: options.uploads)
        return try await start(plan, options: options)
    }

    /// Waits for a task's end.
    ///
    /// - Returns: the completed task.
    /// - Throws: ``FerryError`` (`taskFailed`, `taskCancelled`, `notFound`, and what concerns the connection) and
    ///   `CancellationError`; the task itself goes on then.
    public func wait(for id: String) async throws -> TaskResult {
        try await TaskResult(task: finished(try await get(id)))
    }

    /// The task once it is completed.
    private func finished(_ started: TaskDTO) async throws -> TaskDTO {
        var last = started
        if !last.status.isTerminal || (last.status == .completed && last.output.isNull) {
            for try await update in updates(of: started.id) { last = update }
        }
        switch last.status {
        case .completed: return last
        case .cancelled:
            throw FerryError(.taskCancelled, "the task \(last.id) was cancelled", taskID: last.id)
        default:
            let reason = last.error.flatMap { $0.isEmpty ? nil : $0 } ?? "task \(last.status.name)"
            throw FerryError(
                .taskFailed, "the task \(last.id) \(last.status == .rejected ? "was rejected" : "failed"): \(reason)",
                taskID: last.id)
        }
    }
}
