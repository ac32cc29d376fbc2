// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

/// A media type is sent back as it came, so it must never read as two.
@Suite struct MediaTypeHeaderTests {
    @Test(arguments: [
        "image/png;,text/html", "application/zip;,text/html", "image/png,text/html", "text/plain;a=\",\"",
    ])
    func `a type with a comma is none`(text: String) {
        #expect(MediaType(text) == nil)
    }

    @Test func `pointers are told apart by bytes`() {
        let composed = JSONPointer(tokens: ["\u{E9}"])
        let decomposed = JSONPointer(tokens: ["e\u{301}"])
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed, composed]).count == 2)
        #expect(JSONPointer(tokens: ["ab", "c"]) != JSONPointer(tokens: ["a", "bc"]))
    }
}
