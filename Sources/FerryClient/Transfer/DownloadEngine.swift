// SPDX-License-Identifier: Apache-2.0

import FerryWire
import NIOCore

/// Downloads to a file or into memory.
struct DownloadEngine: Sendable {
    /// Chunks between network and disk.
    private static let chunksAhead = 2

    let transport: Transport
    let reference: DownloadReference
    let progress: ProgressHandler?

    /// Downloads to a path, or into a folder.
    ///
    /// - Returns: the path of the file.
    func run(to path: String, overwrite: Bool) async throws -> String {
        let place = try await DownloadSink.Place.of(path, overwrite: overwrite, on: transport.threads)
        return try await limited {
            let target = try await DownloadTarget.resolve(reference, transport)
            let sink = try await DownloadSink.make(in: place.folder, on: transport.threads)
            do {
                let served = try await fill(sink, from: target)
                return try await sink.commit(as: place.name ?? Filename.safe(served), overwrite: overwrite)
            } catch {
                await bestEffort(within: transport.configuration.timeouts.cleanup) { try await sink.discard() }
                try Task.checkCancellation()
                throw error
            }
        }
    }

    /// Downloads into memory.
    func run(upTo maximumSize: Int) async throws -> [UInt8] {
        try await limited {
            var reader = DownloadReader(try await DownloadTarget.resolve(reference, transport), transport)
            var bytes: [UInt8] = []
            while let chunk = try await reader.next() {
                guard bytes.count + chunk.readableBytes <= maximumSize, reader.total ?? 0 <= Int64(maximumSize) else {
                    throw FerryError(
                        .limitExceeded,
                        "the file is larger than \(maximumSize) bytes, the limit of this call; "
                            + "raise maximumSize or download to a path")
                }
                bytes.append(contentsOf: chunk.readableBytesView)
                progress?(
                    TransferProgress(
                        sent: reader.offset, acknowledged: Int64(bytes.count), total: reader.total))
            }
            return bytes
        }
    }

    private func limited<Success: Sendable>(
        _ operation: @escaping @Sendable () async throws -> Success
    ) async throws -> Success {
        try await transport.transfers.pass {
            let limit = transport.configuration.timeouts.transfer
            let expired = FerryError(
                .timeout, "the download took longer than \(limit ?? .zero), the limit for transfers", isRetryable: true)
            return try await withDeadline(limit, expired: expired, operation)
        }
    }

    private enum Step: Sendable {
        case read(filename: String)
        case written
    }

    /// Reads and writes at the same time; gives the name the server has for the file.
    private func fill(_ sink: DownloadSink, from target: DownloadTarget) async throws -> String {
        let relay = ChunkRelay(capacity: Self.chunksAhead)
        let state = ProgressOfTwo(progress)
        return try await withThrowingTaskGroup(of: Step.self) { group in
            group.addTask { .read(filename: try await self.read(target, into: relay, state)) }
            group.addTask {
                try await self.write(relay, to: sink, state)
                return .written
            }
            var filename = Filename.fallback
            var failures: [any Error] = []
            while let result = await group.nextResult() {
                switch result {
                case .success(.read(let name)): filename = name
                case .success(.written): break
                case .failure(let error):
                    failures.append(error)
                    group.cancelAll()
                }
            }
            try Task.checkCancellation()
            // One half that fails ends the other by cancellation: the cause is the error that is none.
            if let error = failures.first(where: { !($0 is CancellationError) }) ?? failures.first { throw error }
            return filename
        }
    }

    private func read(_ target: DownloadTarget, into relay: ChunkRelay, _ state: ProgressOfTwo) async throws -> String {
        do {
            var reader = DownloadReader(target, transport)
            var gathered = ByteBuffer()
            while var chunk = try await reader.next() {
                state.received(reader.offset, of: reader.total)
                // Small pieces are put together, so that the disk is not called for each of them.
                if gathered.readableBytes == 0 { gathered = chunk } else { gathered.writeBuffer(&chunk) }
                guard gathered.readableBytes >= transport.configuration.limits.chunkSize / 2 else { continue }
                try await relay.send(gathered)
                gathered = ByteBuffer()
            }
            if gathered.readableBytes > 0 { try await relay.send(gathered) }
            relay.finish()
            return reader.filename
        } catch {
            relay.finish(throwing: error)
            throw error
        }
    }

    private func write(_ relay: ChunkRelay, to sink: DownloadSink, _ state: ProgressOfTwo) async throws {
        do {
            var offset: Int64 = 0
            while let chunk = try await relay.next() {
                try await sink.write(chunk, at: offset)
                offset += Int64(chunk.readableBytes)
                state.stored(offset)
            }
        } catch {
            relay.close()
            throw error
        }
    }
}
