// SPDX-License-Identifier: Apache-2.0

package import FerryWire

/// The rules of tasks, as callers meet them.
package struct TaskService: Sendable {
    let store: any TaskStore
    let bus: any EventBus
    let limits: ServerLimits
    let clock: ServerClock
    let files: FileService
    let taskFiles: any TaskFileIndex
    /// Results so far of tasks that run in this process.
    package let partials: PartialOutputs
    let signer: WebhookSigner
    let foreign: ForeignFiles
    private let apps: AppService
    private let sessions: SessionService
    private let pages: PageCursors

    package init(
        store: any TaskStore, bus: any EventBus, apps: AppService, sessions: SessionService, files: FileService,
        taskFiles: any TaskFileIndex, partials: PartialOutputs, signer: WebhookSigner, foreign: ForeignFiles,
        pages: PageCursors, limits: ServerLimits, clock: ServerClock
    ) {
        self.taskFiles = taskFiles
        self.partials = partials
        self.signer = signer
        self.foreign = foreign
        self.store = store
        self.bus = bus
        self.apps = apps
        self.sessions = sessions
        self.files = files
        self.pages = pages
        self.limits = limits
        self.clock = clock
    }

    /// Makes a task of a request and queues it. Whatever is wrong with the request is told before the task exists.
    ///
    /// - Parameter bases: addresses that links of this server begin with.
    @discardableResult
    package func submit(_ request: RunRequest, by principal: Principal, bases: [String]) async throws -> TaskRecord {
        try await submit(request, id: Identifier.random(), chatID: nil, by: principal, bases: bases)
    }

    /// Makes a task of a request and queues it, under an id that was settled before.
    ///
    /// - Parameter chatID: the chat whose next message it is to write.
    @discardableResult
    func submit(
        _ request: RunRequest, id: String, chatID: String?, by principal: Principal, bases: [String] = []
    ) async throws -> TaskRecord {
        try principal.require(.appsExecute)
        guard let reference = AppReference(request.app) else {
            throw ServerError(.validation, "/app: not an app reference; use namespace/name[@version][:function]")
        }
        let joined = try await sessions.joined(by: request, for: principal)
        let app = try await apps.app(reference, in: joined, for: principal)
        let name = request.function ?? reference.function
        guard let function = app.function(named: name) else {
            let known = app.functions.map(\.name).joined(separator: ", ")
            throw ServerError(.validation, "/function: \(app.reference) has no such function; it has \(known)")
        }
        let schema = JSONSchema(function.inputSchema)
        let input = request.input.isNull ? .object([:]) : request.input
        let violations = schema.violations(of: input)
        guard violations.isEmpty else {
            throw ServerError(
                .validation, violations.map { "/input\($0.pointer): \($0.reason)" }.joined(separator: "; "))
        }
        try checkSetup(request.setup, of: app)
        let now = clock.now()
        let webhook = try self.webhook(request, base: bases.first ?? "")
        try checkStart(request.runAt, now: now)
        let resolver = FileFieldResolver(files: files, foreign: foreign, bases: bases)
        let resolved = try await resolver.resolve(
            input, schema: schema, ofChat: chatID != nil, owner: principal)
        var task = TaskRecord(
            id: id, teamID: principal.team.id, userID: principal.keyID, createdAt: now,
            updatedAt: now, status: .queued, app: app.reference, appID: app.id, appVersionID: app.versionID,
            function: function.name, chatID: chatID, input: resolved.input, setup: joined?.setup ?? request.setup,
            maximumAttempts: limits.maximumAttempts, runAt: request.runAt, webhook: webhook,
            events: [.init(status: .received, time: now), .init(status: .queued, time: now)])
        do {
            for (name, value) in [("input", task.input), ("setup", task.setup)]
            where value.serialized().count > limits.maximumInputSize {
                throw ServerError(
                    .payloadTooLarge,
                    "/\(name): larger than \(limits.maximumInputSize) bytes as JSON; upload large values as files")
            }
            // Before the task: an entry without a task is harmless, a task without its entries is not whole.
            let entries = resolved.files.sorted().map {
                TaskFileRecord(taskID: task.id, fileID: $0, role: .input, createdAt: now)
            }
            if !entries.isEmpty { try await taskFiles.insertTaskFiles(entries) }
            let session = try await sessions.enter(joined, request, task: task)
            task.session = session.map { TaskRecord.Session(id: $0.id, timeout: $0.idleTimeout) }
            do {
                try await store.insert(task)
            } catch {
                await sessions.leave(session, joined: joined)
                throw error
            }
        } catch {
            await resolver.discard(resolved.made)
            try? await taskFiles.removeTaskFiles(ofTask: task.id, role: nil, fileIDs: nil)
            throw error
        }
        for line in resolved.leftOut {
            // A line that cannot be written is no reason to lose the task.
            try? await store.appendLog(
                id: task.id, kind: .run, text: "\(line)\n", maximumBytes: limits.maximumLogSize, at: now)
        }
        bus.publish(.queue)
        return task
    }

    /// Files are brought to a task, not to a worker: whatever stands in a file field of a setup would reach the app as
    /// it is, an address for it to fetch or a path of the server's.
    private func checkSetup(_ setup: JSONValue, of app: AppDTO) throws(ServerError) {
        guard let field = FileFields.find(in: setup, schema: JSONSchema(app.setupSchema)).first else { return }
        throw ServerError(.validation, "/setup\(field.pointer): a setup takes no files; give them with the input")
    }

    private func checkStart(_ time: Timestamp?, now: Timestamp) throws(ServerError) {
        guard let time, time > now.advanced(bySeconds: limits.maximumRunDelay) else { return }
        throw ServerError(
            .validation, "/run_at: at most \(limits.maximumRunDelay) seconds from now; ask again later")
    }

    private func webhook(_ request: RunRequest, base: String) throws(ServerError) -> TaskRecord.Webhook? {
        guard let url = request.webhook, !url.isEmpty else { return nil }
        guard url.utf8.count <= limits.maximumWebhookLength else {
            throw ServerError(.validation, "/webhook: longer than \(limits.maximumWebhookLength) bytes")
        }
        do throws(ServerError) {
            try foreign.check(url)
        } catch {
            throw ServerError(.validation, "/webhook: \(ForeignFiles.hideQuery(of: url, in: error.message))")
        }
        return TaskRecord.Webhook(url: url, base: base)
    }

    /// The secret that webhooks of the caller's team are signed with.
    package func webhookSecret(for principal: Principal) throws(ServerError) -> String {
        try principal.require(.keysManage)
        return signer.secret(ofTeam: principal.team.id)
    }

    /// The caller's task of that id.
    package func task(id: String, for principal: Principal) async throws -> TaskRecord {
        try principal.require(.appsExecute)
        guard Identifier.isValid(id), let task = try await store.task(id: id), task.teamID == principal.team.id else {
            throw ServerError.notFound("task")
        }
        return partials.shown(task)
    }

    /// How long the caller's task was in which phase.
    package func timings(id: String, for principal: Principal) async throws -> TaskTimingsDTO {
        let task = try await task(id: id, for: principal)
        return TaskTimingsDTO(
            taskID: task.id, status: task.status, events: task.events.map { ($0.status, $0.time) }, now: clock.now())
    }

    /// A page of the caller's tasks, newest first, without logs.
    package func list(_ request: CursorListRequest, for principal: Principal) async throws -> RecordPage<TaskRecord> {
        try principal.require(.appsExecute)
        let query = try pages.query(request, teamID: principal.team.id, of: TaskRecord.self)
        return try await pages.page(query) { try await store.list($0) }
    }

    /// Asks for a task's end. A queued task is cancelled at once, a running one as soon as its app has stopped.
    ///
    /// - Returns: the task as it is now; one that has ended stays as it is.
    package func cancel(id: String, by principal: Principal) async throws -> TaskRecord {
        var task = try await task(id: id, for: principal)
        // Between two tries the task may be taken from the queue, or given back to it.
        for status in [TaskStatus.cancelled, .cancelling, .cancelled] where !task.status.isTerminal {
            let sources = TaskStateMachine.sources(of: status).subtracting([.cancelling])
            let changed = try await store.transition(
                id: id, to: status, from: sources, owner: nil, change: TaskChange(), at: clock.now())
            if let changed {
                bus.publish(.task(id))
                if changed.status.isTerminal, changed.webhook != nil { bus.publish(.webhooks) }
                return changed
            }
            task = try await self.task(id: id, for: principal)
        }
        return task
    }

    /// Asks for the end of a task that nobody needs any more. What goes wrong shows in the task.
    func abandon(id: String) async {
        guard let task = try? await store.task(id: id) else { return }
        let principal = Principal(
            keyID: task.userID, team: TeamRecord(id: task.teamID, name: "", createdAt: task.createdAt),
            scopes: [.appsExecute], isRoot: false)
        _ = try? await cancel(id: id, by: principal)
    }

    /// Removes a task that has ended, and its files if that is wanted. A webhook that was not told yet never will be.
    package func delete(id: String, withFiles: Bool = false, by principal: Principal) async throws {
        _ = try await task(id: id, for: principal)
        if withFiles { _ = try await deleteFiles(ofTask: id, role: nil, by: principal) }
        guard try await store.delete(id: id) else { throw Self.hasNotEnded }
        try await taskFiles.removeTaskFiles(ofTask: id, role: nil, fileIDs: nil)
        bus.publish(.task(id))
    }

    /// How many tasks have not ended, of all teams.
    package func unfinishedCount() async throws -> Int { try await store.unfinishedCount() }
}
