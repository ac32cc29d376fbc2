// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// Takes a prepared upload through record, bytes and confirmation, and leaves nothing half done.
struct UploadEngine: Sendable {
    let transport: Transport
    let upload: PreparedUpload
    let progress: ProgressHandler?

    /// Uploads.
    ///
    /// - Throws: ``FerryError`` and `CancellationError`; the record made for it is then deleted, as far as possible.
    func run() async throws -> FileDTO {
        try await transport.transfers.pass {
            let limit = transport.configuration.timeouts.transfer
            let expired = FerryError(
                .timeout, "the upload took longer than \(limit ?? .zero), the limit for transfers", isRetryable: true)
            return try await withDeadline(limit, expired: expired) { try await self.runOnce() }
        }
    }

    private func runOnce() async throws -> FileDTO {
        report(sent: 0)
        let record = try await createRecord()
        do {
            try Task.checkCancellation()
            let finished = try await sendBytes(to: record)
            let size = finished.size
            progress?(TransferProgress(sent: size, acknowledged: size, total: size))
            return finished
        } catch {
            if !record.id.isEmpty {
                await bestEffort(within: transport.configuration.timeouts.cleanup) {
                    _ = try await transport.call(
                        Routes.deleteFile, Routes.deleteFile.path(record.id), safety: .repeatable)
                }
            }
            try Task.checkCancellation()
            throw error
        }
    }

    func report(sent: Int64) {
        progress?(TransferProgress(sent: sent, acknowledged: 0, total: upload.source.size))
    }

    /// Makes the record. Cancelled meanwhile, it waits for the answer, up to the cleanup time limit: a record that is
    /// made must be known, or nobody could delete it again.
    private func createRecord() async throws -> FileDTO {
        try Task.checkCancellation()
        let body = CreateFilesRequest(files: [upload.partial]).json
        let answer = try await transport.call(
            Routes.createFiles, Routes.createFiles.path(), body: body, grace: transport.configuration.timeouts.cleanup)
        // An array by contract; a single record from some servers.
        if let records = answer.arrayValue {
            guard let first = records.first else { throw FerryError.unexpectedAnswer("POST /files gave no record") }
            return try transport.decode(first)
        }
        return try transport.decode(answer)
    }

    /// Sends the bytes, again if need be, and gives the record as it is afterwards.
    private func sendBytes(to record: FileDTO) async throws -> FileDTO {
        guard !record.uploadURL.isEmpty else {
            throw FerryError(
                .missingUploadURL,
                "No upload URL provided by the server; check that the base address is an API server")
        }
        var address = try uploadAddress(record.uploadURL)
        do {
            return try await sendRetrying(to: address, record)
        } catch let error as FerryError where error.isExpiredURL && upload.source.isReplayable {
            // The address ran out before the bytes were on their way: a fresh one is asked for, once.
            let fresh: FileDTO = try await transport.call(Routes.getFile, Routes.getFile.path(record.id))
            guard !fresh.uploadURL.isEmpty else { throw error }
            address = try uploadAddress(fresh.uploadURL)
            return try await sendRetrying(to: address, record)
        }
    }

    private func uploadAddress(_ text: String) throws -> WebAddress {
        guard let address = WebAddress(text) else {
            throw FerryError(
                .missingUploadURL,
                "No upload URL provided by the server that is an absolute http or https address")
        }
        guard address.isSecure || !transport.base.isSecure else {
            throw FerryError(
                .uploadFailed,
                "Failed to upload file content: the server's upload address is http although the API is https; "
                    + "the server's public address must be configured as https")
        }
        return address
    }

    private func sendRetrying(to address: WebAddress, _ record: FileDTO) async throws -> FileDTO {
        let safety: RetrySafety = upload.source.isReplayable ? .repeatable : .never
        return try await transport.retrier.run(safety: safety) { attempt in
            do {
                return try await put(to: address, record)
            } catch let error as FerryError where error.status == 409 && attempt > 1 {
                // The try before may have succeeded although its answer was lost.
                guard let stored = await storedRecord(record) else { throw error }
                return stored
            }
        }
    }

    /// The record if the server holds exactly our bytes.
    private func storedRecord(_ record: FileDTO) async -> FileDTO? {
        guard let summary = try? await digestOfSource(),
            let stored: FileDTO = try? await transport.call(Routes.getFile, Routes.getFile.path(record.id)),
            ReprDigest.sha256(hexadecimal: stored.sha256) == summary.sha256
        else { return nil }
        return stored
    }

    private func digestOfSource() async throws -> UploadSource.Summary {
        let relay = ChunkRelay(capacity: 1)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { while try await relay.next() != nil {} }
            defer { group.cancelAll() }
            return try await upload.source.feed(relay, chunkSize: transport.configuration.limits.chunkSize)
        }
    }
}

extension FerryError {
    /// Whether a signed address was refused because its time is over: our servers say so by code, object stores in
    /// their message.
    var isExpiredURL: Bool {
        guard status == 403 else { return false }
        return [serverCode ?? "", message].contains { $0.lowercased().contains("expired") }
    }
}
