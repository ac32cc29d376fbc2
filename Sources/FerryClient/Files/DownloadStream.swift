// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// A download as a sequence of chunks. Each iterator is a download of its own, which ends when it is dropped.
public struct DownloadStream: AsyncSequence, Sendable {
    /// Some bytes, never none.
    public typealias Element = [UInt8]

    let transport: Transport
    let source: any DownloadSource

    /// Goes through the chunks.
    public struct AsyncIterator: AsyncIteratorProtocol {
        private let transport: Transport
        private let source: any DownloadSource
        private var reader: DownloadReader?

        fileprivate init(_ stream: DownloadStream) {
            transport = stream.transport
            source = stream.source
        }

        /// The next bytes; nil once all have come and have been checked.
        ///
        /// - Throws: ``FerryError`` and `CancellationError`.
        public mutating func next() async throws -> [UInt8]? {
            if reader == nil {
                let target = try await DownloadTarget.resolve(try source.downloadReference(), transport)
                reader = DownloadReader(target, transport)
            }
            guard let chunk = try await reader?.next() else { return nil }
            return Array(chunk.readableBytesView)
        }
    }

    /// Starts a download; the first request goes out with the first chunk asked for.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(self) }
}
