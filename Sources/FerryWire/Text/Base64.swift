// SPDX-License-Identifier: Apache-2.0

/// Base 64 (RFC 4648) over bytes.
public enum Base64 {
    /// Which spellings a decoder takes.
    public enum Form: Sendable, Hashable, CaseIterable {
        /// The standard alphabet with full padding and no stray bits: each value has exactly one spelling.
        case strict
        /// The URL-safe alphabet (section 5) without padding or stray bits: each value has exactly one spelling.
        case urlSafe
        /// As data URIs do: both alphabets, ASCII white space skipped, padding optional but right when there.
        case forgiving
    }

    /// Why text is not base 64. The text itself is never part of it.
    public struct Invalid: Error, Sendable, Hashable, CustomStringConvertible {
        /// In words.
        public let reason: String
        public var description: String { "Invalid base64: \(reason)" }
    }

    /// Decodes the standard alphabet with full padding and canonical trailing bits; nil for anything else.
    public static func decode(strict text: some Collection<UInt8>) -> [UInt8]? { decode(text, form: .strict) }

    /// Decodes the URL-safe alphabet without padding and with canonical trailing bits; nil for anything else.
    public static func decode(urlSafe text: some Collection<UInt8>) -> [UInt8]? { decode(text, form: .urlSafe) }

    /// Decodes as data URIs do: both alphabets, ASCII white space skipped, padding optional but right when there.
    public static func decode(forgiving text: some Collection<UInt8>) -> [UInt8]? { decode(text, form: .forgiving) }

    private static func decode(_ text: some Collection<UInt8>, form: Form) -> [UInt8]? {
        var decoder = Decoder(form)
        guard var bytes = try? decoder.decode(text), let rest = try? decoder.finish() else { return nil }
        bytes.append(contentsOf: rest)
        return bytes
    }

    /// Bytes that text decodes to, in a few kilobytes of memory; nil if it is not base 64 of that form.
    public static func decodedSize(_ text: some Collection<UInt8>, form: Form = .strict) -> Int? {
        withBytes(of: text) { buffer in
            var decoder = Decoder(form)
            var size = 0
            withPieces(of: buffer) { piece, scratch in
                size += decoder.run(piece, into: scratch)
                return decoder.failure == nil
            }
            guard let rest = try? decoder.finish() else { return nil }
            return size + rest.count
        }
    }
}

/// Bytes of a piece when text is only measured.
private let pieceLength = 32 << 10

/// Calls `body` with consecutive pieces and room for what each can decode to, until it returns false.
func withPieces(
    of buffer: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt8>, UnsafeMutablePointer<UInt8>) -> Bool
) {
    let length = min(pieceLength, buffer.count)
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: length + decodingSlack) { scratch in
        guard let room = scratch.baseAddress else { return }
        var rest = buffer[...]
        while !rest.isEmpty {
            let piece = rest.prefix(length)
            rest = rest.dropFirst(length)
            guard body(UnsafeBufferPointer(rebasing: piece), room) else { return }
        }
    }
}

/// Bytes that a decoder may write behind its result: it stores whole words, and holds back a few bytes of input.
let decodingSlack = 16

/// Calls `body` with the bytes in one piece of memory, without a copy where they lie in one already.
func withBytes<Result>(
    of bytes: some Collection<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> Result
) -> Result {
    if let result = bytes.withContiguousStorageIfAvailable(body) { return result }
    return Array(bytes).withUnsafeBufferPointer(body)
}
