// SPDX-License-Identifier: Apache-2.0

public import FerryWire

extension FilesAPI {
    /// Uploads several local files, some at a time (``TransferLimits/automaticUploads``), all or none of them.
    ///
    /// Every path is looked at before a byte is sent, so that a mistyped name costs nothing. If one upload fails the
    /// others are cancelled, and what was uploaded by then is deleted again.
    ///
    /// - Parameters:
    ///   - paths: regular files; links are followed, `~` is not expanded.
    ///   - options: for all of them, and so without a filename if there are several.
    ///   - progress: called with the position in `paths` and how far that file is.
    /// - Returns: the records, in the order of `paths`.
    /// - Throws: as for a single path, of the first failure; `invalidInput` for a filename with several paths.
    public func upload(
        paths: [String], options: UploadFileOptions = UploadFileOptions(),
        progress: (@Sendable (Int, TransferProgress) -> Void)? = nil
    ) async throws -> [FileDTO] {
        guard paths.count <= 1 || options.filename == nil else {
            throw FerryError(.invalidInput, "the option filename names one file; upload them one by one")
        }
        for path in paths { _ = try await SourceFile.opened(path, on: transport.threads) }
        let (uploaded, failure) = await uploadAll(paths, options, progress)
        guard let failure else { return paths.indices.compactMap { uploaded[$0] } }
        let ids = uploaded.values.map(\.id).filter { !$0.isEmpty }
        if !ids.isEmpty {
            await bestEffort(within: transport.configuration.timeouts.cleanup) {
                for id in ids { try? await delete(id) }
            }
        }
        try Task.checkCancellation()
        throw failure
    }

    private func uploadAll(
        _ paths: [String], _ options: UploadFileOptions, _ progress: (@Sendable (Int, TransferProgress) -> Void)?
    ) async -> ([Int: FileDTO], (any Error)?) {
        await withTaskGroup(of: (Int, Result<FileDTO, any Error>).self) { group in
            var next = 0
            func start() {
                guard next < paths.count else { return }
                let index = next
                next += 1
                group.addTask {
                    let handler = progress.map { progress in { @Sendable step in progress(index, step) } }
                    do {
                        let file = try await upload(path: paths[index], options: options, progress: handler)
                        return (index, .success(file))
                    } catch {
                        return (index, .failure(error))
                    }
                }
            }
            for _ in 0..<transport.configuration.limits.automaticUploads { start() }
            var uploaded: [Int: FileDTO] = [:]
            var failure: (any Error)?
            for await (index, result) in group {
                switch result {
                case .success(let file):
                    uploaded[index] = file
                    if failure == nil { start() }
                case .failure(let error):
                    // Those cancelled on its account come later.
                    failure = failure ?? error
                    group.cancelAll()
                }
            }
            return (uploaded, failure)
        }
    }
}
