// SPDX-License-Identifier: Apache-2.0

public import FerryWire

extension FilesAPI {
    /// Uploads a local file, streamed with a few megabytes of memory whatever its size.
    ///
    /// The file is sent again from its start after a lost connection, and checked: it must not change meanwhile, and
    /// what the server stored must have the same SHA-256. If it fails, nothing is left on the server.
    ///
    /// - Parameters:
    ///   - path: a regular file; links are followed, `~` is not expanded.
    ///   - options: see ``UploadFileOptions``.
    ///   - progress: called with each chunk.
    /// - Returns: the record; its `uri` is what goes into a task's input.
    /// - Throws: ``FerryError`` (`localFileNotFound`, `localFile`, `sourceChanged`, `uploadFailed`, `integrity`,
    ///   `missingUploadURL`, and what concerns the connection) and `CancellationError`.
    public func upload(
        path: String, options: UploadFileOptions = UploadFileOptions(), progress: ProgressHandler? = nil
    ) async throws -> FileDTO {
        try await run(try await .file(path, options, transport), progress)
    }

    /// Uploads bytes.
    public func upload(
        _ bytes: [UInt8], options: UploadFileOptions = UploadFileOptions(), progress: ProgressHandler? = nil
    ) async throws -> FileDTO {
        let systemType = await SystemTypes.shared.type(ofFilename: options.filename, on: transport.threads)
        return try await run(try .bytes(bytes, options, systemType: systemType), progress)
    }

    /// Uploads bytes in any collection, `Data` among them.
    public func upload(
        _ bytes: some Collection<UInt8>, options: UploadFileOptions = UploadFileOptions(),
        progress: ProgressHandler? = nil
    ) async throws -> FileDTO {
        let systemType = await SystemTypes.shared.type(ofFilename: options.filename, on: transport.threads)
        return try await run(try .bytes(bytes, options, systemType: systemType), progress)
    }

    /// Uploads bytes under a name and a media type.
    public func upload(
        _ bytes: some Collection<UInt8>, filename: String, contentType: String
    ) async throws -> FileDTO {
        try await upload(bytes, options: UploadFileOptions(filename: filename, contentType: contentType))
    }

    /// Uploads what a `data:` URI or base64 text holds, decoded on its way: it needs no second copy in memory.
    ///
    /// The text is checked to its end before anything is sent. An `inf://` address or a content link of this server
    /// gives the record that is there already. For a path use ``upload(path:options:progress:)``.
    ///
    /// - Throws: ``FerryError`` (`invalidDataURI`, `invalidInput`, `limitExceeded` beyond
    ///   ``TransferLimits/maximumInlineSize``), and as for a path.
    public func upload(
        _ dataURIOrBase64: String, options: UploadFileOptions = UploadFileOptions(), progress: ProgressHandler? = nil
    ) async throws -> FileDTO {
        if Self.isAddress(dataURIOrBase64) { return try await existing(dataURIOrBase64) }
        return try await run(try await .text(dataURIOrBase64, options, transport), progress)
    }

    /// Uploads chunks of bytes as they come, of unknown total length.
    ///
    /// The chunks cannot be had twice, so a lost connection is an error. The sequence should end when its task is
    /// cancelled, which happens when the server refuses the upload.
    ///
    /// - Throws: what the sequence throws, and as for a path.
    public func upload<Chunks: AsyncSequence & Sendable>(
        _ stream: Chunks, options: UploadFileOptions = UploadFileOptions(), progress: ProgressHandler? = nil
    ) async throws -> FileDTO where Chunks.Element: Collection<UInt8> {
        let systemType = await SystemTypes.shared.type(ofFilename: options.filename, on: transport.threads)
        return try await run(try .stream(ChunkStream(stream), options, systemType: systemType), progress)
    }

    /// Uploads single bytes as they come, of unknown total length.
    public func upload<Bytes: AsyncSequence & Sendable>(
        _ stream: Bytes, options: UploadFileOptions = UploadFileOptions(), progress: ProgressHandler? = nil
    ) async throws -> FileDTO where Bytes.Element == UInt8 {
        let chunkSize = transport.configuration.limits.chunkSize
        let systemType = await SystemTypes.shared.type(ofFilename: options.filename, on: transport.threads)
        let chunks = ChunkStream(bytes: stream, chunkSize: chunkSize)
        return try await run(try .stream(chunks, options, systemType: systemType), progress)
    }

    /// Uploads what comes on standard input, to its end, of unknown total length; as for any stream.
    ///
    /// - Throws: as for a stream; `localFile` if it cannot be read.
    public func uploadStandardInput(
        options: UploadFileOptions = UploadFileOptions(), progress: ProgressHandler? = nil
    ) async throws -> FileDTO {
        let bytes = DescriptorBytes(
            descriptor: 0, name: "standard input", chunkSize: transport.configuration.limits.chunkSize,
            threads: transport.threads)
        return try await upload(bytes, options: options, progress: progress)
    }

    /// Uploads a local file while the result is iterated; see ``UploadEvents``.
    public func uploading(path: String, options: UploadFileOptions = UploadFileOptions()) -> UploadEvents {
        UploadEvents { progress in try await upload(path: path, options: options, progress: progress) }
    }

    func run(_ upload: PreparedUpload, _ progress: ProgressHandler?) async throws -> FileDTO {
        try await UploadEngine(transport: transport, upload: upload, progress: progress).run()
    }
}
