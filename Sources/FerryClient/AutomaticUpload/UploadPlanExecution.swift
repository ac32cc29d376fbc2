// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// Carries out an ``UploadPlan``: some uploads at a time, equal paths once, and nothing left if one of them fails.
struct UploadPlanExecution: Sendable {
    let plan: UploadPlan
    let files: FilesAPI

    /// What came of it.
    struct Outcome: Sendable {
        /// The input with addresses in place of the files.
        var input: JSONValue
        /// What was uploaded.
        var uploaded: [FileDTO]
        let files: FilesAPI

        /// Deletes what was uploaded, as far as possible.
        func discard() async {
            guard !uploaded.isEmpty else { return }
            await bestEffort(within: files.transport.configuration.timeouts.cleanup) {
                for file in uploaded where !file.id.isEmpty { try? await files.delete(file.id) }
            }
        }
    }

    /// One file, and all the places that want it.
    private struct Job: Sendable {
        var file: UploadPlan.PlannedFile
        var pointers: [JSONPointer]
    }

    /// Uploads.
    ///
    /// - Throws: ``FerryError`` naming the place in the input, and `CancellationError`; what was uploaded by then is
    ///   deleted again.
    func run() async throws -> Outcome {
        if let refusal = plan.refusal { throw refusal }
        let jobs = Self.jobs(plan.input.files)
        var outcome = Outcome(input: .null, uploaded: [], files: files)
        var addresses: [JSONPointer: String] = [:]
        let (results, failure) = await upload(jobs)
        for (index, file) in results {
            outcome.uploaded.append(file)
            for pointer in jobs[index].pointers { addresses[pointer] = file.uri }
        }
        if let failure {
            await outcome.discard()
            throw failure
        }
        outcome.input = plan.input.json { addresses[$0] }
        return outcome
    }

    private static func jobs(_ files: [(UploadPlan.PlannedFile, JSONPointer)]) -> [Job] {
        var jobs: [Job] = []
        var known: [UploadPlan.PlannedFile: Int] = [:]
        for (file, pointer) in files {
            if case .path = file.file, let index = known[file] {
                jobs[index].pointers.append(pointer)
                continue
            }
            known[file] = jobs.count
            jobs.append(Job(file: file, pointers: [pointer]))
        }
        return jobs
    }

    private enum Step: Sendable {
        case uploaded(Int, FileDTO)
        case failed(any Error)
    }

    /// All that succeeded, and the failure that stopped the rest.
    private func upload(_ jobs: [Job]) async -> ([(Int, FileDTO)], (any Error)?) {
        await withTaskGroup(of: Step.self) { group in
            var next = 0
            func start() {
                guard next < jobs.count else { return }
                let index = next
                next += 1
                group.addTask {
                    do { return .uploaded(index, try await upload(jobs[index])) } catch { return .failed(error) }
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

    private func upload(_ job: Job) async throws -> FileDTO {
        do {
            return try await files.run(try await prepared(job.file), nil)
        } catch let error as FerryError {
            throw error.at(job.pointers[0])
        }
    }

    private func prepared(_ planned: UploadPlan.PlannedFile) async throws -> PreparedUpload {
        let limit = files.transport.configuration.limits.maximumInlineSize
        let none = UploadFileOptions(filename: planned.filename)
        switch planned.file {
        case .path(let path): return try await .file(path, none, files.transport)
        case .data(let bytes, let filename, let contentType):
            return try .bytes(bytes, UploadFileOptions(filename: filename, contentType: contentType))
        case .dataURI(let text): return try .dataURI(text, none, upTo: limit)
        case .base64(let text): return try .base64(text, none, upTo: limit)
        case .uri, .record:
            throw FerryError(.invalidInput, "a file that is there already needs no upload")
        }
    }
}
