// SPDX-License-Identifier: Apache-2.0

package import FerryWire

/// The tasks by which a chat's messages were written.
extension ChatService {
    /// A page of a chat's tasks, the first ones first, without their inputs: each was the whole conversation so far.
    ///
    /// - Parameter request: how many, and behind which cursor; without a number as many as a page may have.
    package func tasks(
        of chat: ChatRecord, _ request: CursorListRequest, for principal: Principal
    ) async throws -> RecordPage<TaskRecord> {
        try principal.require(.appsExecute)
        let own = CursorListRequest(
            cursor: request.cursor, limit: request.limit == 0 ? Int64(limits.maximumPageSize) : request.limit,
            filters: [ListFilter(field: "chat_id", operation: .eq, value: .string(chat.id))],
            sort: [ListSort(field: "created_at")])
        let query = try pages.query(own, teamID: chat.teamID, of: TaskRecord.self)
        return try await pages.page(query, slice: { try await slice($0) })
    }

    /// A few tasks at a time, so that never many inputs are held.
    private func slice(_ query: RecordQuery) async throws -> RecordSlice<TaskRecord> {
        var slice = RecordSlice<TaskRecord>(records: [])
        var left = limits.maximumPageBytes
        var step = query
        while slice.records.count < query.limit {
            step.limit = min(limits.chatTasksAtOnce, query.limit - slice.records.count)
            let found = try await tasks.store.list(step)
            for var task in found {
                task.input = .null
                left -= task.output.serialized().count + task.setup.serialized().count + (task.error?.utf8.count ?? 0)
                guard left >= 0 || slice.records.isEmpty else {
                    slice.isCut = true
                    return slice
                }
                slice.records.append(task)
            }
            guard found.count == step.limit else { break }
            step.position = slice.records.last?.position(in: query)
        }
        return slice
    }

    // MARK: - Forgetting

    /// Deletes the tasks of a chat that is not at work, and waits for one that was stopped a moment ago.
    ///
    /// - Throws: ``ServerError`` of code `conflict` if it does not stop within ``ServerLimits/chatDeletionWait``.
    func deleteTasks(of chat: ChatRecord) async throws {
        while true {
            let found = try await tasks.store.list(ChatQueries.tasks(of: chat, limit: limits.chatTasksAtOnce))
            guard !found.isEmpty else { return }
            for task in found {
                if !task.status.isTerminal { try await end(task.id) }
                try await delete(task.id)
            }
        }
    }

    private func end(_ taskID: String) async throws {
        let deadline = ContinuousClock.now + .seconds(limits.chatDeletionWait)
        let signals = bus.signals(of: .task(taskID), every: .seconds(1))
        await tasks.abandon(id: taskID)
        for await _ in signals {
            guard try await tasks.store.glance(id: taskID)?.status.isTerminal == false else { return }
            guard ContinuousClock.now < deadline else {
                throw ServerError(
                    .conflict,
                    "the agent's app has not stopped within \(limits.chatDeletionWait) s; delete the chat again")
            }
        }
        throw CancellationError()
    }

    /// Deletes a task whose chat is gone: it was made while the chat was deleted, and holds the conversation. For who
    /// sees to chats, whenever a task turns out to be nobody's.
    func deleteOrphan(_ taskID: String) async throws {
        guard let task = try await tasks.store.task(id: taskID), let chatID = task.chatID,
            try await store.chat(id: chatID) == nil
        else { return }
        if !task.status.isTerminal { try await end(taskID) }
        try await delete(taskID)
    }

    /// As the service of tasks deletes one, but for another look at a task that was looked at: its input is large.
    private func delete(_ taskID: String) async throws {
        _ = try await tasks.store.delete(id: taskID)
        try await tasks.taskFiles.removeTaskFiles(ofTask: taskID, role: nil, fileIDs: nil)
        answers.remove(taskID)
        bus.publish(.task(taskID))
    }
}
