// SPDX-License-Identifier: Apache-2.0

public import FerryWire

extension TasksAPI {
    /// The files a task was given or made.
    ///
    /// - Parameter role: which of them; nil for all.
    /// - Throws: ``FerryError`` (`notFound`, and what concerns the connection).
    public func files(_ id: String, role: TaskFileDTO.Role? = nil) async throws -> [TaskFileDTO] {
        let answer: JSONValue = try await transport.call(
            Routes.taskFiles, Self.path(Routes.taskFiles.path(id), role))
        return try (answer.arrayValue ?? []).map { try transport.decode($0) }
    }

    /// Deletes the files of a task that has ended, even if they are used elsewhere.
    ///
    /// - Parameter role: which of them; nil for all.
    /// - Returns: what was deleted and what was not.
    /// - Throws: ``FerryError`` (`notFound`, `conflict` if the task has not ended, and what concerns the connection).
    @discardableResult
    public func deleteFiles(_ id: String, role: TaskFileDTO.Role? = nil) async throws -> TaskFileDeletion {
        try await transport.call(Routes.deleteTaskFiles, Self.path(Routes.deleteTaskFiles.path(id), role))
    }

    /// How long a task was in which phase.
    ///
    /// - Throws: ``FerryError`` (`notFound`, and what concerns the connection).
    public func timings(_ id: String) async throws -> TaskTimingsDTO {
        try await transport.call(Routes.taskTimings, Routes.taskTimings.path(id))
    }

    private static func path(_ path: String, _ role: TaskFileDTO.Role?) -> String {
        role.map { "\(path)?role=\($0.rawValue)" } ?? path
    }
}
