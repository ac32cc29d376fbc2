// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import ServiceLifecycle
import Testing

@testable import FerryServerCore

extension World {
    /// What runs single tasks, as the dispatcher would.
    func execution(owner: String = "me") -> TaskExecution {
        TaskExecution(
            owner: owner, runner: SessionRunner(apps, sessions: services.sessions), store: tasks, queue: tasks,
            chats: chats, bus: bus,
            staging: TaskFileStaging(
                files: services.files, downloads: services.downloads, foreign: foreign, taskFiles: taskFiles,
                runner: apps, limits: limits),
            partials: services.tasks.partials, answers: services.chats.answers, limits: limits,
            clock: clock.serverClock, logger: .silent)
    }

    /// The web, as tasks meet it.
    var foreign: ForeignFiles { ForeignFiles(web: web, detector: SignatureTypeDetector(), limits: limits) }

    /// Queues a task.
    func submit(_ input: JSONValue = [:], to app: String = "test/resize") async throws -> TaskRecord {
        try await services.tasks.submit(RunRequest(app: app, input: input), by: root, bases: [Self.base])
    }

    /// Takes the next task from the queue.
    func claim(owner: String = "me") async throws -> TaskRecord {
        try #require(
            try await tasks.claim(
                owner: owner, leaseUntil: clock.now.advanced(bySeconds: limits.taskLease), at: clock.now))
    }

    /// Queues a task, runs it to its end, and gives its record.
    func run(_ input: JSONValue = [:], to app: String = "test/resize") async throws -> TaskRecord {
        _ = try await submit(input, to: app)
        let claimed = try await claim()
        await execution().run(claimed)
        return try await record(of: claimed)
    }

    /// The record as it is now, checked to have a legal history with at most one end.
    func record(of task: TaskRecord, sourceLocation: SourceLocation = #_sourceLocation) async throws -> TaskRecord {
        let record = try #require(try await tasks.task(id: task.id), sourceLocation: sourceLocation)
        let states = record.events.map(\.status)
        #expect(states.first == .received, sourceLocation: sourceLocation)
        #expect(states.last == record.status, sourceLocation: sourceLocation)
        #expect(states.dropLast().allSatisfy { !$0.isTerminal }, "\(states)", sourceLocation: sourceLocation)
        for (from, to) in zip(states, states.dropFirst()) {
            #expect(TaskStateMachine.sources(of: to).contains(from), "\(from) to \(to)", sourceLocation: sourceLocation)
        }
        return record
    }

    /// The files of the default team, newest first.
    func listFiles() async throws -> [FileRecord] {
        try await services.files.list(CursorListRequest(limit: 1000), for: root).records
    }

    /// Runs the body beside a service of the server's, then shuts the service down as the server does.
    func withService(_ service: any Service, _ body: () async throws -> Void) async throws {
        try await withServices([service], body)
    }

    /// Runs the body beside services of the server's, then shuts them down as the server does.
    func withServices(_ list: [any Service], _ body: () async throws -> Void) async throws {
        let group = ServiceGroup(services: list, logger: .silent)
        let running = Task { try await group.run() }
        do {
            try await body()
        } catch {
            running.cancel()
            throw error
        }
        await group.triggerGracefulShutdown()
        try await running.value
    }
}
