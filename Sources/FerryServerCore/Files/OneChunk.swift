// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Bytes in memory as a stream of one chunk.
package struct OneChunk: AsyncSequence, Sendable {
    package typealias Failure = any Error
    private let buffer: ByteBuffer

    package init(bytes: [UInt8]) { buffer = ByteBuffer(bytes: bytes) }

    package func makeAsyncIterator() -> Iterator { Iterator(buffer: buffer) }

    package struct Iterator: AsyncIteratorProtocol {
        var buffer: ByteBuffer?

        package mutating func next() async throws -> ByteBuffer? {
            defer { buffer = nil }
            return buffer
        }
    }
}
