// SPDX-License-Identifier: Apache-2.0

import Crypto
import NIOCore
import Synchronization

/// Where the bytes of an upload come from.
enum UploadSource: Sendable {
    /// A local file.
    case file(SourceFile)
    /// Bytes in memory.
    case bytes(ByteBuffer)
    /// A data URI or base64 text, decoded on its way.
    case inline(InlineContent)
    /// Chunks of unknown number, to be had once.
    case stream(ChunkStream)

    /// Size in bytes, if known.
    var size: Int64? {
        switch self {
        case .file(let file): file.identity.size
        case .bytes(let buffer): Int64(buffer.readableBytes)
        case .inline(let content): Int64(content.size)
        case .stream: nil
        }
    }

    /// Whether the bytes can be had again for another try.
    var isReplayable: Bool {
        if case .stream = self { false } else { true }
    }

    /// What is known of the bytes after they were sent.
    struct Summary: Sendable {
        var size: Int64
        var sha256: [UInt8]
    }

    /// Puts all bytes into the relay and finishes it; a failure of the source finishes it with that failure.
    ///
    /// - Parameter chunkSize: most bytes of a chunk from a file or from memory.
    func feed(_ relay: ChunkRelay, chunkSize: Int) async throws -> Summary {
        do {
            let summary: Summary
            switch self {
            case .file(let file): summary = try await Self.feed(file, relay, chunkSize)
            case .bytes(let buffer): summary = try await Self.feed(buffer, relay, chunkSize)
            case .inline(let content): summary = try await Self.feed(content, relay, chunkSize)
            case .stream(let stream): summary = try await stream.feed(relay)
            }
            relay.finish()
            return summary
        } catch {
            relay.finish(throwing: error)
            throw error
        }
    }

    private static func feed(_ file: SourceFile, _ relay: ChunkRelay, _ chunkSize: Int) async throws -> Summary {
        try await file.checkUnchanged()
        var hasher = SHA256()
        var offset: Int64 = 0
        while offset < file.identity.size {
            let (chunk, next) = try await file.chunk(at: offset, upTo: chunkSize, hasher: hasher)
            hasher = next
            offset += Int64(chunk.readableBytes)
            try await relay.send(chunk)
        }
        return Summary(size: offset, sha256: Array(hasher.finalize()))
    }

    private static func feed(
        _ content: InlineContent, _ relay: ChunkRelay, _ chunkSize: Int
    ) async throws -> Summary {
        var hasher = SHA256()
        var size: Int64 = 0
        var pieces = content.pieces(of: chunkSize)
        while let chunk = try pieces.next() {
            chunk.withUnsafeReadableBytes { hasher.update(bufferPointer: $0) }
            size += Int64(chunk.readableBytes)
            try await relay.send(chunk)
        }
        return Summary(size: size, sha256: Array(hasher.finalize()))
    }

    private static func feed(_ bytes: ByteBuffer, _ relay: ChunkRelay, _ chunkSize: Int) async throws -> Summary {
        var rest = bytes
        var hasher = SHA256()
        while let chunk = rest.readSlice(length: min(chunkSize, rest.readableBytes)), chunk.readableBytes > 0 {
            chunk.withUnsafeReadableBytes { hasher.update(bufferPointer: $0) }
            try await relay.send(chunk)
        }
        return Summary(size: Int64(bytes.readableBytes), sha256: Array(hasher.finalize()))
    }
}

/// Sees to it that what can be had once is not taken for empty the second time.
final class OnceOnly: Sendable {
    private let isUsed = Atomic(false)

    /// Takes note of the use.
    ///
    /// - Throws: ``FerryError`` (`invalidInput`) from the second time on.
    func use() throws(FerryError) {
        guard !isUsed.exchange(true, ordering: .relaxed) else {
            throw FerryError(
                .invalidInput, "the stream was read before, and can be read once; make a new one for each upload")
        }
    }
}

/// A caller's async sequence of chunks, its type forgotten.
struct ChunkStream: Sendable {
    private let run: @Sendable (_ take: (ByteBuffer) async throws -> Void) async throws -> Void

    /// A sequence of chunks of bytes.
    init<Chunks: AsyncSequence & Sendable>(
        _ chunks: Chunks, once: OnceOnly? = nil
    ) where Chunks.Element: Collection<UInt8> {
        run = { take in
            try once?.use()
            for try await chunk in chunks { try await take(ByteBuffer(bytes: chunk)) }
        }
    }

    /// A sequence of single bytes, taken together into chunks of that size.
    init<Bytes: AsyncSequence & Sendable>(
        bytes: Bytes, chunkSize: Int, once: OnceOnly? = nil
    ) where Bytes.Element == UInt8 {
        run = { take in
            try once?.use()
            var chunk = ByteBuffer()
            for try await byte in bytes {
                chunk.writeInteger(byte)
                guard chunk.readableBytes >= chunkSize else { continue }
                try await take(chunk)
                chunk = ByteBuffer()
            }
            try await take(chunk)
        }
    }

    fileprivate func feed(_ relay: ChunkRelay) async throws -> UploadSource.Summary {
        var hasher = SHA256()
        var size: Int64 = 0
        try await run { chunk in
            guard chunk.readableBytes > 0 else { return }
            chunk.withUnsafeReadableBytes { hasher.update(bufferPointer: $0) }
            size += Int64(chunk.readableBytes)
            try await relay.send(chunk)
        }
        return UploadSource.Summary(size: size, sha256: Array(hasher.finalize()))
    }
}
