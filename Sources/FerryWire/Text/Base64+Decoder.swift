// SPDX-License-Identifier: Apache-2.0

import CBase64

extension Base64 {
    /// Decodes text that comes in pieces, cut anywhere.
    ///
    /// The pieces together give the bytes that the whole text gives; between them at most four characters are kept.
    public struct Decoder: Sendable {
        /// The spellings it takes.
        public let form: Form
        /// What was wrong; from then on every call throws it.
        private(set) var failure: Invalid?
        /// The bits of an unfinished group of four digits.
        private var group: UInt32 = 0
        private var digits = 0
        private var padding = 0
        /// Characters before the piece at hand, for messages.
        private var position = 0

        /// A decoder of one text.
        public init(_ form: Form = .strict) { self.form = form }

        /// Decodes the next piece of text.
        ///
        /// - Throws: ``Base64/Invalid``, then for good.
        public mutating func decode(_ text: some Collection<UInt8>) throws(Invalid) -> [UInt8] {
            let bytes = withBytes(of: text) { input in
                [UInt8](unsafeUninitializedCapacity: (input.count / 4 + 1) * 3 + decodingSlack) { output, count in
                    // The capacity is never zero.
                    count = output.baseAddress.map { run(input, into: $0) } ?? 0
                }
            }
            if let failure { throw failure }
            return bytes
        }

        /// Ends the text: the bytes of a last group shorter than four digits, which may lack its padding.
        ///
        /// - Throws: ``Base64/Invalid`` if the text must not end here.
        public mutating func finish() throws(Invalid) -> [UInt8] {
            if failure == nil { failure = reasonNotToEnd.map(Invalid.init) }
            if let failure { throw failure }
            defer { (group, digits, padding, position) = (0, 0, 0, 0) }
            switch digits {
            case 2: return [UInt8(truncatingIfNeeded: group >> 4)]
            case 3: return [UInt8(truncatingIfNeeded: group >> 10), UInt8(truncatingIfNeeded: group >> 2)]
            default: return []
            }
        }

        private var reasonNotToEnd: String? {
            let isWhole = padding > 0 || form == .strict ? digits == 0 || digits + padding == 4 : digits != 1
            guard isWhole else { return "it ends within a group of four characters" }
            let stray: UInt32 = digits == 2 ? 0b1111 : digits == 3 ? 0b11 : 0
            return form == .forgiving || group & stray == 0 ? nil : "its last character has stray bits"
        }

        /// Decodes a piece into memory with room for three bytes for each four characters, ``decodingSlack`` more.
        ///
        /// Returns the count of bytes; ``failure`` says whether there was anything wrong.
        mutating func run(_ input: UnsafeBufferPointer<UInt8>, into output: UnsafeMutablePointer<UInt8>) -> Int {
            guard failure == nil else { return 0 }
            let values = Base64DecodingTable.values(form)
            guard input.count >= 128 else {
                return values.withUnsafeBufferPointer { run(input, into: output, values: $0, pairs: nil) }
            }
            let pairs = Base64DecodingTable.pairs(form)
            return values.withUnsafeBufferPointer { values in
                pairs.withUnsafeBufferPointer { run(input, into: output, values: values, pairs: $0.baseAddress) }
            }
        }

        private mutating func run(
            _ input: UnsafeBufferPointer<UInt8>, into output: UnsafeMutablePointer<UInt8>,
            values: UnsafeBufferPointer<UInt8>, pairs: UnsafePointer<UInt16>?
        ) -> Int {
            var read = 0
            var written = 0
            while read < input.count {
                if let pairs, digits == 0, padding == 0 {
                    var count = decodeVectors(input, from: read, into: output + written)
                    count += decodeGroups(input, from: read + count, into: output + written + count / 4 * 3, pairs)
                    read += count
                    written += count / 4 * 3
                }
                // White space, or the last few: one by one, at least past what stopped the fast way.
                let past = read + 16
                while read < input.count, read < past || digits != 0 {
                    guard take(values[Int(input[read])]) else {
                        failure = Invalid(reason: "character \(position + read + 1) has no place there")
                        return written
                    }
                    read += 1
                    if digits == 4 {
                        output[written] = UInt8(truncatingIfNeeded: group >> 16)
                        output[written + 1] = UInt8(truncatingIfNeeded: group >> 8)
                        output[written + 2] = UInt8(truncatingIfNeeded: group)
                        (group, digits) = (0, 0)
                        written += 3
                    }
                }
            }
            position += input.count
            return written
        }

        /// Decodes 32 digits at a time on processors that can, and stops before what is no digit; returns the digits.
        private func decodeVectors(
            _ input: UnsafeBufferPointer<UInt8>, from start: Int, into output: UnsafeMutablePointer<UInt8>
        ) -> Int {
            guard form != .urlSafe, let base = input.baseAddress else { return 0 }
            return ferry_base64_decode(base + start, input.count - start, output, form == .forgiving)
        }

        /// Takes the value of one character; false if it must not stand here.
        private mutating func take(_ value: UInt8) -> Bool {
            switch value {
            case 0..<64:
                group = group << 6 | UInt32(value)
                digits += 1
                return padding == 0
            case Base64DecodingTable.space: return true
            case Base64DecodingTable.padding:
                padding += 1
                return digits >= 2 && digits + padding <= 4
            default: return false
            }
        }
    }
}

/// Decodes 16 digits at a time, and stops before what is no digit; returns the digits.
private func decodeGroups(
    _ input: UnsafeBufferPointer<UInt8>, from start: Int, into output: UnsafeMutablePointer<UInt8>,
    _ pairs: UnsafePointer<UInt16>
) -> Int {
    func twelveBits(_ source: UnsafeRawPointer, _ offset: Int) -> UInt16 {
        pairs[Int(UInt16(littleEndian: source.loadUnaligned(fromByteOffset: offset, as: UInt16.self)))]
    }
    func joined(_ first: UInt16, _ second: UInt16, _ third: UInt16, _ fourth: UInt16) -> UInt64 {
        let high = UInt64(first) << 52 | UInt64(second) << 40
        return (high | UInt64(third) << 28 | UInt64(fourth) << 16).bigEndian
    }
    guard let base = input.baseAddress else { return 0 }
    var source = UnsafeRawPointer(base + start)
    var target = UnsafeMutableRawPointer(output)
    let groups = (input.count - start) / 16
    for group in 0..<groups {
        let (a, b) = (twelveBits(source, 0), twelveBits(source, 2))
        let (c, d) = (twelveBits(source, 4), twelveBits(source, 6))
        let (e, f) = (twelveBits(source, 8), twelveBits(source, 10))
        let (g, h) = (twelveBits(source, 12), twelveBits(source, 14))
        guard a | b | c | d | e | f | g | h < Base64DecodingTable.invalidPair else { return group * 16 }
        // Eight bytes are stored for six: the next ones overwrite the two too many, or the slack takes them.
        target.storeBytes(of: joined(a, b, c, d), as: UInt64.self)
        target.storeBytes(of: joined(e, f, g, h), toByteOffset: 6, as: UInt64.self)
        source += 16
        target += 12
    }
    return groups * 16
}
