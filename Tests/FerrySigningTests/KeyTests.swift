// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FerrySigning

@Suite struct KeyTests {
    // Computed by another implementation.
    private let vector = "inf_aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dypqppllpv"

    @Test func `a key's hash is the vector's`() {
        #expect(
            KeyHash.hash(key: "inf_example", pepper: Array("pepper".utf8))
                == "75496f88003bfdd12c918bd439d7fd4e0527667d3054c5633bbdc5e410849cb7")
    }

    @Test func `a hash depends on every byte of key and pepper`() {
        let hash = KeyHash.hash(key: "é", pepper: [1])
        #expect(hash != KeyHash.hash(key: "e\u{301}", pepper: [1]))
        #expect(hash != KeyHash.hash(key: "é", pepper: [2]))
        #expect(hash == KeyHash.hash(key: "é", pepper: [1]))
    }

    @Test func `a key of known randomness is the vector's`() {
        var generator = CountingGenerator(bytes: Array(0..<32))
        #expect(APIKey.generate(using: &generator) == vector)
    }

    @Test func `keys differ, and are well-formed`() {
        let keys = (0..<100).map { _ in APIKey.generate() }
        #expect(Set(keys).count == keys.count)
        #expect(keys.allSatisfy(APIKey.isWellFormed))
        #expect(keys.allSatisfy { $0.utf8.count == APIKey.length })
    }

    @Test func `a key with one byte changed, dropped or added is not well-formed`() {
        let bytes = Array(vector.utf8)
        #expect(APIKey.isWellFormed(vector))
        for position in bytes.indices {
            for byte in [bytes[position] ^ 1, bytes[position] ^ 0x20, 0x61, 0x37, 0x20] where byte != bytes[position] {
                var changed = bytes
                changed[position] = byte
                #expect(!APIKey.isWellFormed(String(decoding: changed, as: UTF8.self)))
            }
            var shorter = bytes
            shorter.remove(at: position)
            #expect(!APIKey.isWellFormed(String(decoding: shorter, as: UTF8.self)))
        }
        for text in ["", "inf_", vector + "a", " " + vector, "INF_" + vector.dropFirst(4)] {
            #expect(!APIKey.isWellFormed(text))
        }
    }
}
