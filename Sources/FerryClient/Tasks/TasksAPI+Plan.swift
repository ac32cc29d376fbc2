// SPDX-License-Identifier: Apache-2.0

public import FerryWire
import Logging
import NIOPosix

extension TasksAPI {
    /// What would be uploaded if the app were run with this input, and why. Nothing is uploaded.
    ///
    /// Give it to ``run(_:options:)`` to do just that. The app's schema is asked for once and kept: that of a named
    /// version for good, else for a minute, and until the server refuses a run or runs another version.
    ///
    /// - Parameters:
    ///   - app: `namespace/name[@version][:function]`, or a bare name.
    ///   - input: the input, nested ``InputValue/maximumDepth`` levels deep at most.
    ///   - function: the function; nil for the one in the reference, else the app's default.
    ///   - uploads: which strings are files.
    /// - Throws: ``FerryError`` if the app's schema cannot be had (but an app without one is fine), or if the input is
    ///   nested too deep. Values that would be refused are entries of the plan.
    public func plan(
        app: String, input: InputValue, function: String? = nil, uploads: UploadPolicy = .schemaLed
    ) async throws -> UploadPlan {
        let reference = try AppsAPI.parsed(app)
        let isSchemaNeeded = uploads.usesSchema && input.holdsCandidates
        let schema = isSchemaNeeded ? try await schema(of: reference, function: function ?? reference.function) : nil
        let planner = UploadPlanner(
            policy: uploads, lookup: SystemPathLookup(homeFolder: transport.configuration.homeFolder),
            maximumInlineSize: transport.configuration.limits.maximumInlineSize)
        var plan = try await transport.threads.runIfActive { try planner.plan(input, schema: schema) }
        plan.app = app
        plan.function = function
        for entry in plan.entries {
            guard let warning = entry.warning else { continue }
            transport.configuration.logger.warning(
                "automatic upload: \(warning)", metadata: ["pointer": "\(entry.pointer)", "rule": "\(entry.rule)"])
        }
        return plan
    }

    /// Uploads what the plan says, starts the task, and waits for its end.
    ///
    /// - Parameters:
    ///   - plan: a plan of ``plan(app:input:function:uploads:)``, with the app and function it was made for.
    ///   - options: the rest; its function and upload policy do not count.
    /// - Throws: as ``run(app:input:function:setup:uploads:wait:cancelsRemotely:)``, and `sourceChanged` for a file
    ///   that is not what was planned.
    @discardableResult
    public func run(_ plan: UploadPlan, options: RunOptions = RunOptions()) async throws -> TaskResult {
        let started = try await start(plan, options: options)
        return try await result(of: started, options)
    }

    /// Uploads what the plan says and starts the task, without waiting for its end.
    ///
    /// Cancelled while the server makes the task, it waits for the answer, up to the cleanup time limit, and cancels
    /// the task that was made, if the options say so.
    ///
    /// - Returns: the task as it was made.
    /// - Throws: as ``run(_:options:)``, but for failures of the task.
    public func start(_ plan: UploadPlan, options: RunOptions = RunOptions()) async throws -> TaskDTO {
        let reference = try AppsAPI.parsed(plan.app)
        if let refusal = plan.refusal { throw refusal }
        if let confirm = options.confirm {
            for entry in plan.entries where entry.verdict == .upload {
                guard await confirm(entry) else {
                    throw FerryError(.uploadDeclined, "the upload of \(entry.source) was declined").at(entry.pointer)
                }
            }
            try Task.checkCancellation()
        }
        let execution = UploadPlanExecution(
            plan: plan, files: FilesAPI(transport: transport), progress: options.progress)
        let uploaded = try await execution.run()
        let request = RunRequest(
            app: plan.app, input: uploaded.input, setup: options.setup, function: plan.function,
            webhook: options.webhook, session: options.session, runAt: options.runAt,
            sessionTimeout: options.sessionTimeout?.components.seconds)
        do {
            // Cancelled meanwhile, it waits on for the task, which is to be cancelled then.
            let task: TaskDTO = try transport.decode(
                try await transport.call(
                    Routes.run, Routes.run.path(), body: request.json, grace: transport.configuration.timeouts.cleanup))
            if !task.appVersionID.isEmpty { transport.schemas.forget(reference, unlessVersion: task.appVersionID) }
            guard Task.isCancelled else { return task }
            await cancelLeft(task.id, options)
            throw CancellationError()
        } catch let error as FerryError {
            // Refused for certain: the files were for nothing.
            if error.isRefusal { await uploaded.discard() }
            // By a schema that is not the one kept, perhaps.
            if (400..<500).contains(error.status ?? 0) { transport.schemas.forget(reference) }
            try Task.checkCancellation()
            throw error
        }
    }

    /// Cancels a task that nobody waits for any more, if the options say so.
    func cancelLeft(_ id: String, _ options: RunOptions) async {
        guard options.cancelsRemotely else { return }
        await bestEffort(within: transport.configuration.timeouts.cleanup) { try await cancel(id) }
    }

    private func schema(of reference: AppReference, function: String?) async throws -> JSONSchema? {
        let apps = AppsAPI(transport: transport)
        let app: AppDTO?
        do {
            app = try await transport.schemas.app(reference, now: transport.configuration.now) {
                try await apps.described(reference)
            }
        } catch let error as FerryError {
            throw error.prefixed("the input schema of \(reference) could not be read")
        }
        let schema = app?.function(named: function).map { JSONSchema($0.inputSchema) }
        return schema?.isEmpty == false ? schema : nil
    }
}
