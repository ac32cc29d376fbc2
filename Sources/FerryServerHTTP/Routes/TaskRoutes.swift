// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import FerryWire
internal import HTTPTypes
internal import Hummingbird
internal import ServiceLifecycle

/// Tasks: made, looked at, stopped.
enum TaskRoutes {
    static func run(_ exchange: Exchange) async throws -> Response {
        let principal = try await exchange.principal()
        let request = try await exchange.body(RunRequest.self)
        let presenter = try exchange.taskPresenter()
        let bases = [try exchange.server.base(for: exchange.request.head)]
        let tasks = exchange.services.tasks
        var task = try await tasks.submit(request, by: principal, bases: bases)
        guard request.wait else { return exchange.answer(presenter.present(task).json) }
        let id = task.id
        // Nothing of the body is needed for the wait, and nobody waits for a client that has left.
        exchange.releaseBody()
        let boundary = try await exchange.context.boundary()
        task = try await cancelWhenGracefulShutdown {
            try await withThrowingTaskGroup(of: TaskRecord.self) { group in
                group.addTask { try await tasks.ended(id: id, for: principal) }
                group.addTask {
                    await boundary.departure()
                    throw CancellationError()
                }
                defer { group.cancelAll() }
                guard let ended = try await group.next() else { throw CancellationError() }
                return ended
            }
        }
        switch task.status {
        case .completed: return exchange.answer(presenter.present(task).json)
        case .cancelled: throw ServerError(.taskCancelled, "task \(task.id) was cancelled")
        default: throw ServerError(.taskFailed, "task \(task.id) failed: \(task.error ?? "no reason given")")
        }
    }

    static func get(_ exchange: Exchange) async throws -> Response {
        let task = try await self.task(exchange)
        return exchange.answer(try exchange.taskPresenter().present(task).json)
    }

    private static func task(_ exchange: Exchange) async throws -> TaskRecord {
        let principal = try await exchange.principal()
        return try await exchange.services.tasks.task(id: exchange.parameter("id"), for: principal)
    }

    static func status(_ exchange: Exchange) async throws -> Response {
        let task = try await self.task(exchange)
        return exchange.answer([
            "id": .string(task.id), "status": .integer(Int64(task.status.rawValue)),
            "status_text": .string(task.status.name), "updated_at": .time(task.updatedAt),
        ])
    }

    static func logs(_ exchange: Exchange) async throws -> Response {
        let task = try exchange.taskPresenter().present(try await self.task(exchange))
        return exchange.answer([
            "task_id": .string(task.id), "status": .integer(Int64(task.status.rawValue)),
            "events": .array(task.events.map(\.json)), "logs": .array(task.logs.map(\.json)),
        ])
    }

    static func timings(_ exchange: Exchange) async throws -> Response {
        let principal = try await exchange.principal()
        let timings = try await exchange.services.tasks.timings(id: exchange.parameter("id"), for: principal)
        return exchange.answer(timings.json)
    }

    /// The secret that webhooks of the caller's team are signed with.
    static func webhookSecret(_ exchange: Exchange) async throws -> Response {
        let principal = try await exchange.principal()
        return exchange.answer(["secret": .string(try exchange.services.tasks.webhookSecret(for: principal))])
    }

    static func cancel(_ exchange: Exchange) async throws -> Response {
        let principal = try await exchange.principal()
        let task = try await exchange.services.tasks.cancel(id: exchange.parameter("id"), by: principal)
        return exchange.answer([
            "id": .string(task.id), "status": .integer(Int64(task.status.rawValue)),
            "cancelled": .bool(task.status == .cancelled || task.status == .cancelling),
        ])
    }

    static func delete(_ exchange: Exchange) async throws -> Response {
        let principal = try await exchange.principal()
        let id = try exchange.parameter("id")
        let withFiles = try TaskFileRoutes.withFiles(exchange.query)
        try await exchange.services.tasks.delete(id: id, withFiles: withFiles, by: principal)
        return exchange.answer(["id": .string(id), "deleted": true])
    }

    static func list(_ exchange: Exchange) async throws -> Response {
        let principal = try await exchange.principal()
        let presenter = try exchange.taskPresenter()
        let request = try await exchange.body(CursorListRequest.self)
        let page = try await exchange.services.tasks.list(request, for: principal)
        return exchange.answer(page.present { presenter.present($0) }.json)
    }
}
