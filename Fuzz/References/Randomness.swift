// SPDX-License-Identifier: Apache-2.0

/// Random choices that depend on the input alone, so that a kept input shows its failure again.
package struct Randomness {
    private var state: UInt64 = 0xCBF2_9CE4_8422_2325

    package init(_ input: some Sequence<UInt8>) {
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

    /// The bytes cut at random places into chunks, empty ones among them.
    package mutating func chunks(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        let longest = [1, 2, 7, 64, 4096][below(5)]
        var rest = bytes[...]
        var chunks: [ArraySlice<UInt8>] = []
        while !rest.isEmpty {
            let chunk = rest.prefix(below(longest + 1))
            rest = rest.dropFirst(chunk.count)
            chunks.append(chunk)
        }
        return chunks
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
