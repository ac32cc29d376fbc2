// SPDX-License-Identifier: Apache-2.0

internal import FerryWire

/// Brings a task's files to its app, and the app's files into the store.
package struct TaskFileStaging: Sendable {
    private let files: FileService
    private let downloads: DownloadService
    private let runner: any AppRunner
    private let limits: ServerLimits

    package init(files: FileService, downloads: DownloadService, runner: any AppRunner, limits: ServerLimits) {
        self.files = files
        self.downloads = downloads
        self.runner = runner
        self.limits = limits
    }

    private func function(of task: TaskRecord) async throws -> AppFunctionDTO {
        // The task's own version: the newest one may want other files.
        let app = try await runner.version(task.appVersionID, of: task.app)
        guard let function = app?.function(named: task.function) else {
            let version = Identifier.short(task.appVersionID)
            throw AppFailure(
                message: "version \(version) of the app \(task.app) is no longer on this server; run it again")
        }
        return function
    }

    /// The task's input with every file field replaced by a file of the app's own, and so each address of a file where
    /// the schema says nothing.
    func place(_ task: TaskRecord, in workspace: any TaskWorkspace) async throws -> JSONValue {
        let schema = JSONSchema(try await function(of: task).inputSchema)
        var placed: [JSONPointer: JSONValue] = [:]
        for field in FileFields.find(in: task.input, schema: schema) {
            guard let record = try await record(field, of: task) else {
                throw AppFailure(message: "\(field.pointer): the file no longer exists; upload it again")
            }
            placed[field.pointer] = try await place(record, in: workspace)
        }
        for field in FileFields.openAddresses(in: task.input, schema: schema) {
            guard let record = try await record(field, of: task), record.isReady else { continue }
            placed[field.pointer] = try await place(record, in: workspace)
        }
        return FileFields.replace(in: task.input, schema: schema, withOpenAddresses: true) { placed[$0] ?? $1 }
    }

    /// The file that a field's address names, if it is one of the task's team.
    private func record(_ field: FileFields.Field, of task: TaskRecord) async throws -> FileRecord? {
        guard let uri = field.value.stringValue.flatMap({ FileURI($0) }) else { return nil }
        let record = try await files.record(id: uri.id)
        return record?.teamID == task.teamID ? record : nil
    }

    /// Gives the app a file of its own, and says what the app is told of it.
    private func place(_ record: FileRecord, in workspace: any TaskWorkspace) async throws -> JSONValue {
        let download = try await downloads.open(record)
        let path: String
        do {
            path = try await workspace.place(download.reader, filename: record.filename)
            await download.reader.close()
        } catch {
            await download.reader.close()
            throw error
        }
        return [
            "path": .string(path), "content_type": .string(record.contentType),
            "filename": .string(record.filename), "size": .integer(download.digest.size),
        ]
    }

    /// The app's output with every file stored and named by its address.
    func collect(
        _ output: JSONValue, of task: TaskRecord, from workspace: any TaskWorkspace
    ) async throws -> JSONValue {
        let schema = JSONSchema(try await function(of: task).outputSchema)
        let fields = FileFields.find(in: output, schema: schema)
        guard fields.count <= limits.maximumOutputFiles else {
            throw AppFailure(message: "the app returned more than \(limits.maximumOutputFiles) files")
        }
        var stored: [JSONPointer: (record: FileRecord, json: JSONValue)] = [:]
        do {
            for field in fields {
                let record = try await store(field, of: task, from: workspace)
                stored[field.pointer] = (
                    record,
                    [
                        "uri": .string(FilePresenter.uri(record).description),
                        "content_type": .string(record.contentType),
                        "size": .optional(record.blob?.digest.size), "filename": .string(record.filename),
                    ]
                )
            }
            let result = FileFields.replace(in: output, schema: schema) { stored[$0]?.json ?? $1 }
            guard result.serialized().count <= limits.maximumOutputSize else {
                throw AppFailure(
                    message:
                        "the app's output is larger than \(limits.maximumOutputSize) bytes; it should return a file")
            }
            try await refuseForeign(in: result, at: .root, of: task)
            return result
        } catch {
            for (_, entry) in stored { try? await files.delete(id: entry.record.id) }
            throw error
        }
    }

    /// Removes the files of a collected output that is not to be kept.
    func discard(_ output: JSONValue, of task: TaskRecord) async {
        guard let schema = try? await function(of: task).outputSchema else { return }
        for field in FileFields.find(in: output, schema: JSONSchema(schema)) {
            guard let uri = field.value["uri"]?.stringValue.flatMap({ FileURI($0) }) else { continue }
            try? await files.delete(id: uri.id)
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
        _ field: FileFields.Field, of task: TaskRecord, from workspace: any TaskWorkspace
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
            let record = try await files.storeNew(chunks, file: file, owner: owner)
            await reader.close()
            return record
        } catch {
            await reader.close()
            throw error
        }
    }
}
