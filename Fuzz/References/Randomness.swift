// SPDX-License-Identifier: Apache-2.0

/// Random choices that depend on the input alone, so that a kept input shows its failure again.
package struct Randomness {
    private var state: UInt64 = 0xCBF2_9CE4_8422_2325

    package init(_ input: [UInt8]) {
        // FNV-1a.
        for byte in input { state = (state ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }

    /// The next 64 bits (splitmix64).
    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    /// A number from 0 up to but not including the bound, which must be positive.
    package mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    /// Whether this is one of so many.
    package mutating func isOne(in count: Int) -> Bool { below(count) == 0 }

    /// The bytes cut at up to four random places, chunks without a byte among them; one in 32 into single bytes.
    package mutating func chunks(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        if isOne(in: 32) { return bytes.indices.map { bytes[$0..<$0 + 1] } }
        var chunks: [ArraySlice<UInt8>] = []
        var start = 0
        for _ in 0..<1 + below(4) {
            let rest = bytes.count - start
            // Half of the cuts lie near the one before, where what is left open matters most.
            let end = start + below(min(rest, next() & 1 == 0 ? 4 : rest) + 1)
            chunks.append(bytes[start..<end])
            start = end
        }
        chunks.append(bytes[start...])
        return chunks
    }

    /// One input in 64 with a stretch of it repeated: beyond `length`, or one of those in 32 beyond `farLength`.
    ///
    /// So short inputs, which run fast, reach what depends on length as well.
    package mutating func stretched(_ input: [UInt8], beyond length: Int, orBeyond farLength: Int? = nil) -> [UInt8] {
        guard !input.isEmpty, isOne(in: 64) else { return input }
        var wanted = length
        if let farLength, isOne(in: 32) { wanted = farLength }
        let start = below(input.count)
        let end = start + 1 + below(min(input.count - start, isOne(in: 2) ? 4 : input.count))
        // A few bytes on either side of the length are the ones to know.
        let missing = wanted - input.count - 4 + below(16)
        guard missing > 0 else { return input }
        var output = Array(input[..<start])
        for _ in 0...missing / (end - start) { output += input[start..<end] }
        return output + input[start...]
    }

    /// The bytes with one of them altered, left out, doubled or swapped with its neighbour; at least one byte.
    package mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        let place = below(bytes.count)
        switch below(5) {
        case 0: bytes[place] ^= 1 << UInt8(below(8))
        case 1: bytes[place] = UInt8(below(256))
        case 2: bytes.remove(at: place)
        case 3: bytes.insert(bytes[place], at: place)
        default: bytes.swapAt(place, (place + 1) % bytes.count)
        }
        return bytes
    }
}
