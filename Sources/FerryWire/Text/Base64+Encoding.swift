// SPDX-License-Identifier: Apache-2.0

extension Base64 {
    /// Encodes with the standard alphabet and padding.
    public static func encode(_ bytes: some Collection<UInt8>) -> String {
        withBytes(of: bytes) { encode($0, alphabet: alphabet, pairs: pairs, isPadded: true) }
    }

    /// Encodes with the URL-safe alphabet (section 5) and no padding.
    public static func encodeURLSafe(_ bytes: some Collection<UInt8>) -> String {
        withBytes(of: bytes) { encode($0, alphabet: urlSafeAlphabet, pairs: urlSafePairs, isPadded: false) }
    }

    // By twelve bits: two characters, the first in the low half.
    private static let pairs = pairs(alphabet)
    private static let urlSafePairs = pairs(urlSafeAlphabet)

    private static func pairs(_ alphabet: [UInt8]) -> [UInt16] {
        (0..<4096).map { UInt16(alphabet[$0 >> 6]) | UInt16(alphabet[$0 & 63]) << 8 }
    }

    private static func encode(
        _ input: UnsafeBufferPointer<UInt8>, alphabet: [UInt8], pairs: [UInt16], isPadded: Bool
    ) -> String {
        let count = isPadded ? (input.count + 2) / 3 * 4 : (input.count * 4 + 2) / 3
        guard count > 0 else { return "" }
        return String(unsafeUninitializedCapacity: count) { output in
            let done = pairs.withUnsafeBufferPointer { encodeGroups(input, into: output, pairs: $0) }
            encodeRest(input, from: done, into: output, alphabet: alphabet, isPadded: isPadded)
            return count
        }
    }

    /// Encodes six bytes at a time for as long as eight can be read; returns the bytes read.
    private static func encodeGroups(
        _ input: UnsafeBufferPointer<UInt8>, into output: UnsafeMutableBufferPointer<UInt8>,
        pairs: UnsafeBufferPointer<UInt16>
    ) -> Int {
        guard let table = pairs.baseAddress, let target = UnsafeMutableRawPointer(output.baseAddress) else { return 0 }
        let source = UnsafeRawBufferPointer(input)
        var read = 0
        var written = 0
        while read + 8 <= source.count {
            let bits = UInt64(bigEndian: source.loadUnaligned(fromByteOffset: read, as: UInt64.self))
            let low =
                UInt64(table[Int(truncatingIfNeeded: bits >> 52)])
                | UInt64(table[Int(truncatingIfNeeded: bits >> 40 & 4095)]) << 16
            let high =
                UInt64(table[Int(truncatingIfNeeded: bits >> 28 & 4095)])
                | UInt64(table[Int(truncatingIfNeeded: bits >> 16 & 4095)]) << 16
            target.storeBytes(of: (low | high << 32).littleEndian, toByteOffset: written, as: UInt64.self)
            read += 6
            written += 8
        }
        return read
    }

    private static func encodeRest(
        _ input: UnsafeBufferPointer<UInt8>, from start: Int, into output: UnsafeMutableBufferPointer<UInt8>,
        alphabet: [UInt8], isPadded: Bool
    ) {
        var written = start / 3 * 4
        for read in stride(from: start, to: input.count, by: 3) {
            let length = min(3, input.count - read)
            var value: UInt32 = 0
            for index in 0..<3 { value = value << 8 | (index < length ? UInt32(input[read + index]) : 0) }
            for index in 0..<4 where index <= length || isPadded {
                output[written] =
                    index <= length ? alphabet[Int(value >> UInt32(18 - 6 * index) & 63)] : UInt8(ascii: "=")
                written += 1
            }
        }
    }
}
