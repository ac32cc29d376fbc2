// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import FerryWire
import NIOCore
import NIOHTTP1

extension UploadEngine {
    /// Chunks between reader and network: one being sent, one ready.
    private static let chunksAhead = 1
    /// A file is sent in at least so many chunks, for the sake of progress, unless they became too small.
    private static let minimumSteps: Int64 = 64
    private static let minimumChunk = 64 << 10

    /// What came of one of the two halves of a PUT.
    private enum Step: Sendable {
        case fed(Result<UploadSource.Summary, any Error>)
        case answered(Result<Answer, any Error>)
    }

    private struct Answer: Sendable {
        var headers: HTTPHeaders
        var body: [UInt8]
    }

    /// Sends the bytes once.
    func put(to address: WebAddress, _ record: FileDTO) async throws -> FileDTO {
        let relay = ChunkRelay(capacity: Self.chunksAhead)
        let (fed, answered) = await withTaskGroup(of: Step.self) { group in
            group.addTask {
                .fed(await outcome { try await self.upload.source.feed(relay, chunkSize: self.chunkSize) })
            }
            group.addTask {
                defer { relay.close() }
                return .answered(await outcome { try await self.request(address, relay) })
            }
            var fed: Result<UploadSource.Summary, any Error> = .failure(CancellationError())
            var answered: Result<Answer, any Error> = .failure(CancellationError())
            for await step in group {
                switch step {
                case .fed(let result):
                    fed = result
                    if case .failure = result { group.cancelAll() }
                case .answered(let result):
                    answered = result
                    // Whatever the answer, nobody takes more chunks now; only a caller's stream may not notice by itself.
                    // An empty file's answer may well come before its source has said that it is unchanged.
                    if upload.source.size == nil || !result.isSuccess { group.cancelAll() }
                }
            }
            return (fed, answered)
        }
        try Task.checkCancellation()
        if case .failure(let error as FerryError) = answered, error.status != nil { throw error }
        if case .failure(let error) = fed, !(error is CancellationError) { throw error }
        let answer = try answered.get()
        guard case .success(let summary) = fed else {
            throw FerryError(
                .uploadFailed, "Failed to upload file content: the server answered before it had all bytes",
                isRetryable: true)
        }
        return try await confirmed(record, summary, answer)
    }

    private var chunkSize: Int {
        let limit = transport.configuration.limits.chunkSize
        guard let size = upload.source.size else { return limit }
        return min(limit, max(Self.minimumChunk, Int(min(size / Self.minimumSteps, Int64(limit)))))
    }

    private func request(_ address: WebAddress, _ relay: ChunkRelay) async throws -> Answer {
        var request = Transport.Request(method: .PUT, address: address)
        request.headers.add(name: "Content-Type", value: upload.contentType)
        if upload.source.size == 0 {
            request.body = .bytes(ByteBuffer())
        } else {
            let length = upload.source.size.map(HTTPClientRequest.Body.Length.known) ?? .unknown
            request.body = .stream(SentChunks(relay: relay, engine: self), length: length)
        }
        let response = try await transport.send(request)
        guard (200..<300).contains(response.status.code) else {
            var failure = await transport.failure(response, from: address)
            failure.message = "Failed to upload file content: \(failure.message)"
            if failure.code == .invalidInput || failure.code == .server || failure.code == .forbidden {
                failure.code = .uploadFailed
            }
            throw failure
        }
        let limit = transport.configuration.limits.maximumAnswerSize
        return Answer(
            headers: response.headers, body: try await transport.collect(response, from: address, upTo: limit))
    }

    /// Checks what the server says it holds, and gives the record as it is now.
    private func confirmed(
        _ record: FileDTO, _ summary: UploadSource.Summary, _ answer: Answer
    ) async throws -> FileDTO {
        let json = (try? JSONValue(parsing: answer.body)).map(Envelope.unwrap)
        let answered = json?["sha256"]?.stringValue
        let stored = ReprDigest.sha256(in: answer.headers) ?? ReprDigest.sha256(hexadecimal: answered)
        if let stored, stored != summary.sha256 {
            throw FerryError(
                .integrity, "the server received other bytes than were sent; try again", isRetryable: true)
        }
        var current = record
        if let json, json["id"]?.stringValue == record.id, !record.id.isEmpty, let fresh = try? FileDTO(json: json) {
            current = fresh
        } else if record.url.isEmpty, !record.id.isEmpty {
            let path = Routes.getFile.path(record.id)
            current = (try? await transport.call(Routes.getFile, path, as: FileDTO.self)) ?? record
            try Task.checkCancellation()
        }
        if current.uri.isEmpty { current.uri = record.uri }
        current.size = summary.size
        current.sha256 = current.sha256 ?? summary.sha256.hexadecimal
        current.uploadURL = ""
        return current
    }
}

/// Runs the operation and gives what came of it.
private func outcome<Success>(_ operation: () async throws -> Success) async -> Result<Success, any Error> {
    do { return .success(try await operation()) } catch { return .failure(error) }
}

extension Result {
    fileprivate var isSuccess: Bool { if case .success = self { true } else { false } }
}

/// The chunks of a relay, counted as they go out.
private struct SentChunks: AsyncSequence, Sendable {
    typealias Element = ByteBuffer

    let relay: ChunkRelay
    let engine: UploadEngine

    struct AsyncIterator: AsyncIteratorProtocol {
        let relay: ChunkRelay
        let engine: UploadEngine
        var sent: Int64 = 0

        mutating func next() async throws -> ByteBuffer? {
            // The chunk before this one has been taken by the network, for it would not ask for more otherwise.
            if sent > 0 { engine.report(sent: sent) }
            let chunk = try await relay.next()
            sent += Int64(chunk?.readableBytes ?? 0)
            return chunk
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(relay: relay, engine: engine) }
}
