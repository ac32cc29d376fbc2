// SPDX-License-Identifier: Apache-2.0

import FerryWire
import NIOPosix

/// Carries out an ``UploadPlan``: some uploads at a time, equal files once, and nothing left if one of them fails.
struct UploadPlanExecution: Sendable {
    let plan: UploadPlan
    let files: FilesAPI
    var progress: UploadPlanProgressHandler?
    /// Says where in the input a failure belongs.
    var locate: @Sendable (FerryError, JSONPointer) -> FerryError = { error, pointer in error.at(pointer) }

    /// What came of it.
    struct Outcome: Sendable {
        /// The input with addresses in place of the files.
        var input: JSONValue
        /// What was uploaded.
        var uploaded: [FileDTO]
        /// The same by the places that wanted it.
        var records: [JSONPointer: FileDTO] = [:]
        let files: FilesAPI

        /// Deletes what was uploaded, as far as possible.
        func discard() async {
            let ids = uploaded.map(\.id).filter { !$0.isEmpty }
            guard !ids.isEmpty else { return }
            let width = files.transport.configuration.limits.automaticUploads
            await bestEffort(within: files.transport.configuration.timeouts.cleanup) {
                await withTaskGroup(of: Void.self) { group in
                    for (index, id) in ids.enumerated() {
                        if index >= width { await group.next() }
                        group.addTask { try? await files.delete(id) }
                    }
                }
            }
        }
    }

    /// Uploads.
    ///
    /// - Throws: ``FerryError`` naming the place in the input, and `CancellationError`; what was uploaded by then is
    ///   deleted again.
    func run() async throws -> Outcome {
        if let refusal = plan.refusal { throw refusal }
        let planned = plan.input.files
        let jobs = try await files.transport.threads.runIfActive { UploadJob.jobs(planned) }
        var outcome = Outcome(input: .null, uploaded: [], files: files)
        let (results, failure) = await upload(jobs)
        for (index, file) in results {
            outcome.uploaded.append(file)
            for pointer in jobs[index].pointers { outcome.records[pointer] = file }
        }
        if let failure {
            await outcome.discard()
            throw failure
        }
        let records = outcome.records
        outcome.input = plan.input.json { records[$0]?.uri }
        return outcome
    }

    private enum Step: Sendable {
        case uploaded(Int, FileDTO)
        case failed(any Error)
    }

    /// All that succeeded, and the failure that stopped the rest.
    private func upload(_ jobs: [UploadJob]) async -> ([(Int, FileDTO)], (any Error)?) {
        let tally = progress.map { handler in
            UploadPlanTally(sizes: jobs.map(\.file.found?.size), handler: handler)
        }
        return await withTaskGroup(of: Step.self) { group in
            var next = 0
            func start() {
                guard next < jobs.count else { return }
                let index = next
                next += 1
                group.addTask {
                    do {
                        let file = try await upload(jobs[index], index, tally)
                        return .uploaded(index, file)
                    } catch {
                        return .failed(error)
                    }
                }
            }
            for _ in 0..<files.transport.configuration.limits.automaticUploads { start() }
            var results: [(Int, FileDTO)] = []
            var failure: (any Error)?
            for await step in group {
                switch step {
                case .uploaded(let index, let file):
                    results.append((index, file))
                    if failure == nil { start() }
                case .failed(let error):
                    if failure == nil { failure = error }
                    group.cancelAll()
                }
            }
            return (results, Task.isCancelled ? CancellationError() : failure)
        }
    }

    private func upload(_ job: UploadJob, _ index: Int, _ tally: UploadPlanTally?) async throws -> FileDTO {
        let pointer = job.pointers[0]
        do {
            try Task.checkCancellation()
            let upload = try await prepared(job.file)
            var handler: ProgressHandler?
            if let tally { handler = { tally.report(index, pointer, $0) } }
            let file = try await files.run(upload, handler)
            tally?.finish(index, pointer, size: file.size)
            return file
        } catch let error as FerryError {
            throw locate(error, pointer)
        }
    }

    private func prepared(_ planned: UploadPlan.PlannedFile) async throws -> PreparedUpload {
        let limit = files.transport.configuration.limits.maximumInlineSize
        var options = UploadFileOptions(filename: planned.filename, contentType: planned.contentType)
        if let stream = planned.stream { return try .stream(stream, options) }
        switch planned.file {
        case .path(let path):
            guard let found = planned.found else { return try await .file(path, options, files.transport) }
            let file = try await opened(found)
            return try await .file(file, options)
        case .data(let bytes, let filename, let contentType):
            options.filename = options.filename ?? filename
            options.contentType = options.contentType ?? contentType
            return try .bytes(bytes, options)
        case .dataURI(let text):
            return try await files.transport.threads.runIfActive { [options] in
                try .dataURI(text, options, upTo: limit)
            }
        case .base64(let text):
            return try await files.transport.threads.runIfActive { [options] in
                try .base64(text, options, upTo: limit)
            }
        case .uri, .record:
            throw FerryError(.invalidInput, "a file that is there already needs no upload")
        }
    }

    /// The file that was planned, and no other.
    private func opened(_ found: FoundFile) async throws -> SourceFile {
        let threads = files.transport.threads
        return try await threads.runIfActive {
            let descriptor = try GuardedFile.open(found)
            return try SourceFile(path: found.resolvedPath, descriptor: descriptor, threads: threads)
        }
    }
}
