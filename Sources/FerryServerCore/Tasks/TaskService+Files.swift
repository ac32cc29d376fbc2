// SPDX-License-Identifier: Apache-2.0

package import FerryWire

extension TaskService {
    /// The files that a task was given and made, inputs first; those that are gone are left out.
    package func files(
        ofTask id: String, role: TaskFileDTO.Role?, for principal: Principal
    ) async throws -> [TaskFileDTO] {
        try principal.require(.filesRead)
        _ = try await task(id: id, for: principal)
        var shown: [TaskFileDTO] = []
        for entry in try await taskFiles.taskFiles(ofTask: id, role: role) {
            guard let file = try await files.record(id: entry.fileID), file.teamID == principal.team.id else {
                continue
            }
            shown.append(
                TaskFileDTO(
                    id: file.id, createdAt: entry.createdAt, role: entry.role,
                    uri: FilePresenter.uri(file).description, filename: file.filename, contentType: file.contentType,
                    size: file.blob?.digest.size ?? file.declaredSize ?? 0))
        }
        return shown
    }

    /// Deletes files of a task that has ended, whatever else uses them. A second time there is nothing left to delete.
    package func deleteFiles(
        ofTask id: String, role: TaskFileDTO.Role?, by principal: Principal
    ) async throws -> TaskFileDeletion {
        try principal.require(.filesWrite)
        guard try await task(id: id, for: principal).status.isTerminal else { throw Self.hasNotEnded }
        var outcome = TaskFileDeletion()
        // A file may have both roles.
        var seen = Set<String>()
        for entry in try await taskFiles.taskFiles(ofTask: id, role: role) where seen.insert(entry.fileID).inserted {
            guard let file = try await files.record(id: entry.fileID), file.teamID == principal.team.id else {
                outcome.skipped.append(.init(id: entry.fileID, reason: "already deleted"))
                continue
            }
            try await files.delete(id: file.id)
            outcome.deleted.append(file.id)
        }
        try await taskFiles.removeTaskFiles(ofTask: id, role: nil, fileIDs: Array(seen))
        return outcome
    }

    static let hasNotEnded = ServerError(.invalidTransition, "the task has not ended; cancel it first")
}
