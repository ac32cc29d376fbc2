// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// Runs of apps: `ferry.tasks`.
public struct TasksAPI: Sendable {
    let transport: Transport

    /// A task's record.
    ///
    /// - Throws: ``FerryError`` (`notFound`, and what concerns the connection).
    public func get(_ id: String) async throws -> TaskDTO {
        try await transport.call(Routes.getTask, Routes.getTask.path(id))
    }

    /// A task's state, without its input and output.
    ///
    /// - Throws: ``FerryError`` (`notFound`, and what concerns the connection).
    public func status(_ id: String) async throws -> TaskStatus {
        let answer: JSONValue = try await transport.call(Routes.taskStatus, Routes.taskStatus.path(id))
        return TaskStatus(json: answer["status"])
    }

    /// Asks the server to cancel a task. It ends a little later; see ``updates(of:)``.
    ///
    /// - Throws: ``FerryError`` (`notFound`, `conflict` if it has ended, and what concerns the connection).
    public func cancel(_ id: String) async throws {
        let _: JSONValue = try await transport.call(
            Routes.cancelTask, Routes.cancelTask.path(id), safety: .repeatable)
    }

    /// What a task logged so far.
    ///
    /// - Throws: ``FerryError`` (`notFound`, and what concerns the connection).
    public func logs(_ id: String) async throws -> [TaskLogDTO] {
        let answer: JSONValue = try await transport.call(Routes.taskLogs, Routes.taskLogs.path(id))
        let items = answer["logs"]?.arrayValue ?? answer.arrayValue ?? []
        return try items.map { try transport.decode($0) }
    }

    /// One page of the tasks, newest first.
    ///
    /// - Throws: ``FerryError``.
    public func list(_ request: CursorListRequest = CursorListRequest()) async throws -> CursorPage<TaskDTO> {
        try await transport.call(Routes.listTasks, Routes.listTasks.path(), body: request.json, safety: .repeatable)
    }

    /// All tasks that meet the conditions, newest first; pages are fetched as the iteration goes on.
    public func all(filters: [ListFilter] = [], pageSize: Int = 100) -> PagedSequence<TaskDTO> {
        let request = CursorListRequest(limit: Int64(pageSize), filters: filters)
        return PagedSequence(request) { try await list($0) }
    }

    /// Deletes a task that has ended.
    ///
    /// - Throws: ``FerryError`` (`notFound`, `conflict`, and what concerns the connection).
    public func delete(_ id: String) async throws {
        let _: JSONValue = try await transport.call(Routes.deleteTask, Routes.deleteTask.path(id))
    }

    /// The task's record as it is now and each time it changes, up to its end; see ``TaskUpdates``.
    public func updates(of id: String) -> TaskUpdates { TaskUpdates(transport: transport, id: id) }
}
