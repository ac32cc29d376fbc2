// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// A step of an upload.
public enum UploadEvent: Sendable {
    /// So far it is.
    case progress(TransferProgress)
    /// It is done; this is the last event.
    case finished(FileDTO)
}

/// An upload that runs while it is iterated: each iterator starts one, and dropping the iterator cancels it.
///
/// A slow consumer misses steps, never the last event; the upload does not wait for it.
public struct UploadEvents: AsyncSequence, Sendable {
    /// A step.
    public typealias Element = UploadEvent

    private let upload: @Sendable (@escaping ProgressHandler) async throws -> FileDTO

    init(_ upload: @escaping @Sendable (@escaping ProgressHandler) async throws -> FileDTO) { self.upload = upload }

    /// Goes through the steps.
    public struct AsyncIterator: AsyncIteratorProtocol {
        private var events: AsyncThrowingStream<UploadEvent, any Error>.AsyncIterator

        fileprivate init(_ upload: @escaping @Sendable (@escaping ProgressHandler) async throws -> FileDTO) {
            let (stream, continuation) = AsyncThrowingStream.makeStream(
                of: UploadEvent.self, throwing: (any Error).self, bufferingPolicy: .bufferingNewest(1))
            // An iterator has no scope of its own to run a child task in: this task belongs to it and is cancelled
            // when the iteration ends, is cancelled or is dropped.
            let task = Task {
                do {
                    let file = try await upload { continuation.yield(.progress($0)) }
                    continuation.yield(.finished(file))
                    continuation.finish()
                } catch {
                    continuation.finish(throwing: error)
                }
            }
            continuation.onTermination = { _ in task.cancel() }
            events = stream.makeAsyncIterator()
        }

        /// The next step; nil after the last one.
        ///
        /// - Throws: as ``FilesAPI/upload(path:options:progress:)``.
        public mutating func next() async throws -> UploadEvent? {
            let event = try await events.next(isolation: #isolation)
            if event == nil { try Task.checkCancellation() }
            return event
        }
    }

    /// Starts an upload.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(upload) }
}
