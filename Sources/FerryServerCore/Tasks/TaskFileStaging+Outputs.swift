// SPDX-License-Identifier: Apache-2.0

internal import FerryWire

extension TaskFileStaging {
    /// The app's output with every file stored and named by its address.
    func collect(
        _ output: JSONValue, of task: TaskRecord, _ function: AppFunctionDTO, from workspace: any TaskWorkspace
    ) async throws -> JSONValue {
        let schema = JSONSchema(function.outputSchema)
        let fields = FileFields.find(in: output, schema: schema)
        guard fields.count <= limits.maximumOutputFiles else {
            throw AppFailure(message: "the app returned more than \(limits.maximumOutputFiles) files")
        }
        try await discardOutputs(of: task)
        // The entries come first: whatever interrupts the rest, the next attempt finds what was stored.
        let now = files.clock.now()
        let entries = fields.map { _ in
            TaskFileRecord(taskID: task.id, fileID: Identifier.random(), role: .output, createdAt: now)
        }
        if !entries.isEmpty { try await taskFiles.insertTaskFiles(entries) }
        do {
            let pairs = Array(zip(fields, entries))
            let records = try await mapConcurrently(pairs, limit: limits.parallelTaskFiles) { field, entry in
                try await store(field, as: entry.fileID, of: task, from: workspace)
            }
            var stored: [JSONPointer: JSONValue] = [:]
            for (field, record) in zip(fields, records) {
                stored[field.pointer] = [
                    "uri": .string(FilePresenter.uri(record).description),
                    "content_type": .string(record.contentType), "size": .optional(record.blob?.digest.size),
                    "filename": .string(record.filename),
                ]
            }
            let result = FileFields.replace(in: output, schema: schema) { stored[$0] ?? $1 }
            guard result.serialized().count <= limits.maximumOutputSize else {
                throw AppFailure(
                    message:
                        "the app's output is larger than \(limits.maximumOutputSize) bytes; it should return a file")
            }
            try await refuseForeign(in: result, at: .root, of: task)
            return result
        } catch {
            let ids = entries.map(\.fileID)
            // A task of its own: it must be done though this one may have been cancelled.
            await Task { await forget(ids, of: task) }.value
            throw error
        }
    }

    /// Removes the files that an earlier attempt left behind when it was interrupted.
    private func discardOutputs(of task: TaskRecord) async throws {
        guard task.events.contains(where: { $0.status == .uploading }) else { return }
        for entry in try await taskFiles.taskFiles(ofTask: task.id, role: .output) {
            try await files.delete(id: entry.fileID)
        }
        try await taskFiles.removeTaskFiles(ofTask: task.id, role: .output, fileIDs: nil)
    }

    /// Removes the files of a collected output that is not to be kept: those alone, for another process may have the
    /// task now.
    func discard(_ output: JSONValue, of task: TaskRecord) async {
        guard let schema = try? await function(of: task).outputSchema else { return }
        let ids = FileFields.find(in: output, schema: JSONSchema(schema)).compactMap { field in
            field.value["uri"]?.stringValue.flatMap { FileURI($0)?.id }
        }
        await forget(ids, of: task)
    }

    private func forget(_ ids: [String], of task: TaskRecord) async {
        for id in ids { try? await files.delete(id: id) }
        try? await taskFiles.removeTaskFiles(ofTask: task.id, role: .output, fileIDs: ids)
    }

    /// A result so far as watchers may see it: without files, which are stored when the app has ended; nil if it is not
    /// to be seen at all.
    func partial(_ output: JSONValue, of task: TaskRecord, _ function: AppFunctionDTO) async -> JSONValue? {
        let schema = JSONSchema(function.outputSchema)
        let shown = FileFields.replace(in: output, schema: schema) { _, _ in .null }
        guard shown.serialized().count <= limits.maximumOutputSize else { return nil }
        do {
            try await refuseForeign(in: shown, at: .root, of: task)
            return shown
        } catch {
            return nil
        }
    }

    /// Callers are shown links in place of addresses of files, so an app must not be able to name the file of another
    /// team: one that gives back its input would turn an address into a right.
    private func refuseForeign(in value: JSONValue, at pointer: JSONPointer, of task: TaskRecord) async throws {
        switch value {
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                try await refuseForeign(in: element, at: pointer.appending(index), of: task)
            }
        case .object(let object):
            if let uri = object["uri"]?.stringValue.flatMap({ FileURI($0) }) {
                guard let record = try await files.record(id: uri.id), record.teamID == task.teamID else {
                    throw AppFailure(message: "\(pointer): the app returned the address of no file of its caller's")
                }
            }
            for (name, member) in object {
                try await refuseForeign(in: member, at: pointer.appending(name), of: task)
            }
        default: return
        }
    }

    private func store(
        _ field: FileFields.Field, as id: String, of task: TaskRecord, from workspace: any TaskWorkspace
    ) async throws -> FileRecord {
        let path = field.value.stringValue ?? field.value["path"]?.stringValue
        guard let path, let reader = try await workspace.open(output: path) else {
            throw AppFailure(message: "\(field.pointer): the app returned no regular file inside its output folder")
        }
        let name = path.split(separator: "/").last.map(String.init)
        let file = PartialFile(
            filename: field.value["filename"]?.stringValue ?? name,
            contentType: field.value["content_type"]?.stringValue, size: reader.size)
        let chunks = BlobChunks(reader, range: 0..<reader.size, chunkSize: limits.downloadChunkSize)
        let team = TeamRecord(id: task.teamID, name: "", createdAt: task.createdAt)
        let owner = Principal(keyID: task.userID, team: team, scopes: [.filesWrite], isRoot: false)
        do {
            let record = try await files.storeNew(chunks, id: id, file: file, owner: owner)
            await reader.close()
            return record
        } catch {
            await reader.close()
            throw error
        }
    }
}
