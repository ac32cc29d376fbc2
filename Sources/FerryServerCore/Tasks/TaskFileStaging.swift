// SPDX-License-Identifier: Apache-2.0

internal import FerryWire

/// Brings a task's files to its app, and the app's files into the store.
package struct TaskFileStaging: Sendable {
    let files: FileService
    let taskFiles: any TaskFileIndex
    let limits: ServerLimits
    private let downloads: DownloadService
    private let foreign: ForeignFiles
    private let runner: any AppRunner

    package init(
        files: FileService, downloads: DownloadService, foreign: ForeignFiles, taskFiles: any TaskFileIndex,
        runner: any AppRunner, limits: ServerLimits
    ) {
        self.files = files
        self.downloads = downloads
        self.foreign = foreign
        self.taskFiles = taskFiles
        self.runner = runner
        self.limits = limits
    }

    /// The task's function, as its app's version of then has it.
    func function(of task: TaskRecord) async throws -> AppFunctionDTO {
        let app = try await runner.version(task.appVersionID, of: task.app)
        guard let function = app?.function(named: task.function) else {
            let version = Identifier.short(task.appVersionID)
            throw AppFailure(
                message: "version \(version) of the app \(task.app) is no longer on this server; run it again")
        }
        return function
    }

    /// Whether the app is to be given files.
    static func hasFiles(_ task: TaskRecord, _ function: AppFunctionDTO) -> Bool {
        let schema = JSONSchema(function.inputSchema)
        return !FileFields.find(in: task.input, schema: schema).isEmpty
            || !FileFields.openAddresses(in: task.input, schema: schema).isEmpty
    }

    /// Whether an app's output has files to be stored.
    static func hasFiles(_ output: JSONValue, _ function: AppFunctionDTO) -> Bool {
        !FileFields.find(in: output, schema: JSONSchema(function.outputSchema)).isEmpty
    }

    /// The task's input with every file field replaced by a file of the app's own, and so each address of a file where
    /// the schema says nothing. Files of the web are fetched, a few at once.
    ///
    /// Of a chat, what was said before must not stop what is said now: a file of an earlier message that cannot be had is
    /// left out.
    /// - Parameter tell: takes a line about each file that is left out.
    func place(
        _ task: TaskRecord, _ function: AppFunctionDTO, in workspace: any TaskWorkspace,
        tell: @escaping @Sendable (String) -> Void
    ) async throws -> JSONValue {
        let schema = JSONSchema(function.inputSchema)
        var fields = FileFields.find(in: task.input, schema: schema).map { (field: $0, isOpen: false) }
        fields += FileFields.openAddresses(in: task.input, schema: schema).map { ($0, true) }
        // What may be left out comes last, so that it takes nobody's share of bytes and time.
        let earlier = fields.filter { task.isEarlier($0.field) }
        if !earlier.isEmpty { fields = fields.filter { !task.isEarlier($0.field) } + earlier }
        var placed: [JSONPointer: JSONValue] = [:]
        var ofTheWeb: [[FileFields.Field]] = [[], []]
        var missing = Set<JSONPointer>()
        for (field, isOpen) in fields {
            if !isOpen, ForeignFiles.url(of: field.value) != nil {
                ofTheWeb[task.isEarlier(field) ? 1 : 0].append(field)
                continue
            }
            do {
                placed[field.pointer] = try await place(field, isOpen: isOpen, of: task, in: workspace)
            } catch let error where task.isEarlier(field) && Self.isOfFile(error) {
                missing.insert(field.pointer)
                tell(Self.leftOut(field, error))
            }
        }
        let budget = ForeignBudget(limits)
        for some in ofTheWeb {
            let fetched = try await mapConcurrently(some, limit: limits.parallelTaskFiles) { [foreign] field in
                do {
                    let url = ForeignFiles.url(of: field.value) ?? ""
                    return try await foreign.place(field, url: url, in: workspace, budget: budget) as JSONValue?
                } catch let error where task.isEarlier(field) && Self.isOfFile(error) {
                    tell(Self.leftOut(field, error))
                    return nil
                }
            }
            for (field, value) in zip(some, fetched) {
                if let value { placed[field.pointer] = value } else { missing.insert(field.pointer) }
            }
        }
        let input = FileFields.replace(in: task.input, schema: schema, withOpenAddresses: true) { placed[$0] ?? $1 }
        return FileFields.remove(missing, from: input)
    }

    /// Whether it is about a file, and not that nobody wants the task any more.
    private static func isOfFile(_ error: any Error) -> Bool {
        !Task.isCancelled && (error is AppFailure || error is ServerError)
    }

    private static func leftOut(_ field: FileFields.Field, _ error: any Error) -> String {
        let reason = (error as? AppFailure)?.message ?? "\(field.pointer): \((error as? ServerError)?.message ?? "")"
        return "an earlier file is left out: \(reason)"
    }

    /// Gives the app the file that a field names; nil if it is text after all.
    private func place(
        _ field: FileFields.Field, isOpen: Bool, of task: TaskRecord, in workspace: any TaskWorkspace
    ) async throws -> JSONValue? {
        guard let record = try await record(field, of: task), record.isReady || !isOpen else {
            if isOpen { return nil }
            throw AppFailure(message: "\(field.pointer): the file no longer exists; upload it again")
        }
        return try await place(record, in: workspace)
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
}
