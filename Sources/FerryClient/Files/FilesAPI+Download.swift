// SPDX-License-Identifier: Apache-2.0

extension FilesAPI {
    /// Downloads to a file: under a temporary name beside it, checked, made durable, then renamed at once.
    ///
    /// After a lost connection it goes on where it was. The length, and the SHA-256 where the server tells it, must be
    /// right. If it fails, nothing is left and what was there before is untouched. A link at the target is replaced,
    /// not followed.
    ///
    /// - Parameters:
    ///   - source: a record, an id, an address, or a value of a task's output.
    ///   - path: the file's path; or a folder, into which the file goes under the name the server gives it.
    ///   - overwrite: whether a file there is replaced.
    ///   - progress: called with each chunk.
    /// - Returns: the path of the file.
    /// - Throws: ``FerryError`` (`alreadyExists`, `localFile`, `localFileNotFound`, `notFound`, `integrity`,
    ///   `sourceChanged`, `invalidInput`, and what concerns the connection) and `CancellationError`.
    @discardableResult
    public func download(
        _ source: some DownloadSource, to path: String, overwrite: Bool = true, progress: ProgressHandler? = nil
    ) async throws -> String {
        let reference = try source.downloadReference()
        return try await DownloadEngine(transport: transport, reference: reference, progress: progress)
            .run(to: path, overwrite: overwrite)
    }

    /// Downloads into memory.
    ///
    /// - Parameter maximumSize: most bytes; 64 MiB unless told. Larger files are an error (`limitExceeded`).
    /// - Throws: as ``download(_:to:overwrite:progress:)``.
    public func downloadBytes(
        _ source: some DownloadSource, maximumSize: Int = 64 << 20, progress: ProgressHandler? = nil
    ) async throws -> [UInt8] {
        let reference = try source.downloadReference()
        return try await DownloadEngine(transport: transport, reference: reference, progress: progress)
            .run(upTo: maximumSize)
    }

    /// The bytes as they come, in chunks of the network's choice, each taken only when it is asked for.
    ///
    /// The check of length and digest is at the end: if they are wrong, the iteration throws after the last chunk.
    /// Use it when the bytes go somewhere else than a file; what was done with them by then must be undone.
    public func downloadStream(_ source: some DownloadSource) -> DownloadStream {
        DownloadStream(transport: transport, source: source)
    }
}
