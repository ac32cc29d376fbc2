// SPDX-License-Identifier: Apache-2.0

/// Decodes the payload of a data URI that comes in pieces, cut anywhere.
///
/// The pieces together give the bytes that the whole payload gives. Between them at most six characters are kept, so
/// that a large URI never needs its bytes in memory at once.
public struct DataURIDecoder: Sendable {
    /// Most bytes the payload may decode to.
    public let maximumSize: Int
    private var percent = PercentEncoding.Decoder()
    private var base64: Base64.Decoder?
    private var size = 0
    private(set) var failure: DataURI.Invalid?

    /// A decoder of the payload behind that header.
    ///
    /// - Parameter maximumSize: most bytes it may decode to; the piece that goes beyond is refused.
    public init(_ header: DataURI.Header, maximumSize: Int = .max) {
        self.maximumSize = maximumSize
        base64 = header.isBase64 ? Base64.Decoder(.forgiving) : nil
    }

    /// Decodes the next piece of the payload: bytes from ``DataURI/Header/payloadOffset`` on.
    ///
    /// - Throws: ``DataURI/Invalid``, then for good.
    public mutating func decode(_ chunk: some Collection<UInt8>) throws(DataURI.Invalid) -> [UInt8] {
        let bytes = withBytes(of: chunk) { input in
            let room = base64 == nil ? input.count : (input.count / 4 + 1) * 3
            return [UInt8](unsafeUninitializedCapacity: room + decodingSlack) { output, count in
                // The capacity is never zero.
                count = output.baseAddress.map { run(input, into: $0) } ?? 0
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Ends the payload: bytes that were waiting for more.
    ///
    /// - Throws: ``DataURI/Invalid`` if it must not end here.
    public mutating func finish() throws(DataURI.Invalid) -> [UInt8] {
        var bytes = percent.finish()
        if failure == nil, var decoder = base64 {
            do throws(Base64.Invalid) {
                // What was kept is a percent sign, which is no digit.
                bytes = try decoder.decode(bytes)
                bytes.append(contentsOf: try decoder.finish())
            } catch {
                fail(error)
            }
        }
        size += bytes.count
        if failure == nil, size > maximumSize { failure = .tooLarge(maximumSize) }
        if let failure { throw failure }
        return bytes
    }

    /// Decodes a piece into memory with room for its result and ``decodingSlack`` bytes more.
    ///
    /// Returns the count of bytes; ``failure`` says whether there was anything wrong.
    mutating func run(_ input: UnsafeBufferPointer<UInt8>, into output: UnsafeMutablePointer<UInt8>) -> Int {
        guard failure == nil else { return 0 }
        var count = 0
        if base64 == nil {
            count = percent.run(input, into: output)
        } else if percent.isAtBoundary, !containsPercentSign(input) {
            count = runBase64(input, into: output)
        } else {
            // The escapes first, a few kilobytes at a time.
            withPieces(of: input) { piece, scratch in
                let characters = percent.run(piece, into: scratch)
                count += runBase64(UnsafeBufferPointer(start: scratch, count: characters), into: output + count)
                return failure == nil
            }
        }
        size += count
        if failure == nil, size > maximumSize { failure = .tooLarge(maximumSize) }
        return count
    }

    private mutating func runBase64(
        _ input: UnsafeBufferPointer<UInt8>, into output: UnsafeMutablePointer<UInt8>
    ) -> Int {
        let count = base64?.run(input, into: output) ?? 0
        if let failure = base64?.failure { fail(failure) }
        return count
    }

    private mutating func fail(_ error: Base64.Invalid) {
        failure = DataURI.Invalid(reason: "the part after the comma is not base64: \(error.reason)")
    }
}
