// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

/// Inputs on which a fuzzer found a parser to be wrong.
struct FuzzFindingsTests {
    @Test(arguments: ["attachment;;filename=\"a.png\"", "attachment;x;filename=a.png", "attachment;x; filename=a.png"])
    func `a parameter without a value does not swallow the next one`(header: String) {
        #expect(ContentDisposition.filename(in: header) == "a.png")
    }

    @Test func `an apostrophe with a combining mark still ends the language of an extended name`() {
        // By its bytes the language is a mark, and the name is what follows the second apostrophe.
        #expect(ContentDisposition.filename(in: "attachment; filename*=UTF-8'\u{301}'a%20b") == "a b")
    }

    @Test(arguments: ["con.\u{FE0F}", "CON.\u{301}txt", "Lpt1.\u{20D0}"])
    func `a device's name with a combining mark behind its dot is not safe`(name: String) {
        #expect(Filename.safe(name).utf8.elementsEqual(("_" + name).utf8))
    }

    @Test func `a range whose ends are both beyond any size is compared by its digits`() {
        #expect(ByteRange("bytes=99999999999236854770-9999999999999999999", size: 10) == .whole)
        #expect(ByteRange("bytes=9999999999999999999-99999999999236854770", size: 10) == .unsatisfiable)
    }
}
