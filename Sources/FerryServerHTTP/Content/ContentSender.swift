// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import NIOCore
internal import Synchronization

/// Sends bytes of a blob as an answer's body: the next piece is read while one is on its way, and no more.
///
/// The framework's own writer returns before the bytes are sent, so that a file piles up in memory when its reader is
/// slow. Large pieces are fast; only so many downloads have them as fit in ``SendMemory``, and only while their clients
/// take them quickly.
struct ContentSender {
    let reader: any BlobReader
    let context: FerryRequestContext
    let memory: SendMemory

    /// How long a client may take for a large piece before it gets small ones.
    private static let quick = Duration.milliseconds(500)

    /// Returns when the socket has taken everything.
    ///
    /// - Throws: ``ServerError`` if the bytes end too early; then the answer must be cut, not ended.
    func send(_ range: Range<Int64>) async throws {
        try await withTaskCancellationHandler {
            try await sendPieces(range)
        } onCancel: {
            context.abandon()
        }
    }

    private func sendPieces(_ range: Range<Int64>) async throws {
        var place: SendMemory.Place?
        var (offset, last) = (range.lowerBound, nil as EventLoopFuture<Void>?)
        while offset < range.upperBound {
            let size = place == nil ? memory.smallPiece : memory.largePiece
            let piece = try await reader.read(
                at: offset, maximumLength: Int(min(Int64(size), range.upperBound - offset)))
            guard piece.readableBytes > 0 else {
                throw ServerError(.internalError, "stored bytes are shorter than recorded")
            }
            offset += Int64(piece.readableBytes)
            let began = ContinuousClock.now
            try await last?.get()
            if ContinuousClock.now - began > Self.quick { place = nil } else if place == nil { place = memory.place() }
            last = context.send(piece)
        }
        try await last?.get()
    }
}

/// The memory that downloads with large pieces share.
final class SendMemory: Sendable {
    /// Bytes of a large piece.
    let largePiece: Int
    /// Bytes of a small piece, for those without a place.
    let smallPiece: Int
    private let places: Mutex<Int>

    init(limits: ServerLimits) {
        largePiece = limits.sendPieceSize
        smallPiece = limits.smallSendPieceSize
        places = Mutex(limits.maximumSendMemory / (2 * largePiece))
    }

    /// A place among the downloads with large pieces, for as long as it is held; nil if there is none.
    func place() -> Place? {
        let isFree = places.withLock { places in
            guard places > 0 else { return false }
            places -= 1
            return true
        }
        return isFree ? Place(in: self) : nil
    }

    final class Place: Sendable {
        private let memory: SendMemory

        fileprivate init(in memory: SendMemory) { self.memory = memory }

        deinit { memory.places.withLock { $0 += 1 } }
    }
}
