// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

/// The numbers are the rows of the catalogue of bad input.
@Suite("Data URIs")
struct DataURITests {
    struct Case: Sendable, CustomTestStringConvertible {
        let row: Int
        let text: String
        /// Nil if refused.
        let bytes: [UInt8]?
        var type = "text/plain"
        var testDescription: String { "row \(row): \(text.debugDescription)" }
    }

    static let cases = [
        Case(row: 1, text: "data:", bytes: nil),
        Case(row: 2, text: "data:,", bytes: []),
        Case(row: 3, text: "data:text/html", bytes: nil),
        Case(row: 4, text: "data:;base64;base64,WA", bytes: [0x58], type: "text/plain;base64"),
        Case(row: 5, text: "data:x/x;base64;charset=x,WA", bytes: [0x57, 0x41], type: "x/x;base64;charset=x"),
        Case(row: 6, text: "data:;BASe64,WA", bytes: [0x58]),
        Case(row: 6, text: "data:; base64 ,WA", bytes: [0x58]),
        Case(
            row: 7, text: "data:image/png;charset=utf-8;base64,AAAA", bytes: [0, 0, 0], type: "image/png;charset=utf-8"),
        Case(row: 8, text: "data:;%62ase64,WA", bytes: [0x57, 0x41], type: "text/plain;%62ase64"),
        Case(row: 9, text: "DATA:,X", bytes: [0x58]),
        Case(row: 10, text: "data:text/plain,a%0", bytes: Array("a%0".utf8)),
        Case(row: 10, text: "data:text/plain,%zz", bytes: Array("%zz".utf8)),
        Case(row: 11, text: "data:,%FF", bytes: [0xFF]),
        Case(row: 12, text: "data:text/\0html,x", bytes: [0x78]),
        Case(row: 12, text: "data:text/html\r\nX-Y: z,x", bytes: [0x78]),
        Case(row: 12, text: "data:;a\r\nX: y,x", bytes: [0x78]),
        Case(row: 14, text: "data:a/" + String(repeating: "b", count: 65_536) + ",x", bytes: nil),
        Case(row: 15, text: "data:;base64,a", bytes: nil),
        Case(row: 15, text: "data:;base64,abcde", bytes: nil),
        Case(row: 16, text: "data:;base64,YR", bytes: [0x61]),
        Case(row: 17, text: "data:;base64,ab=c", bytes: nil),
        Case(row: 17, text: "data:;base64,abcd===", bytes: nil),
        Case(row: 18, text: "data:;base64,ab\tc\nd", bytes: [0x69, 0xB7, 0x1D]),
        Case(row: 18, text: "data:;base64,%61b%0Acd", bytes: [0x69, 0xB7, 0x1D]),
        Case(row: 19, text: "data:;base64,-_8=", bytes: [0xFB, 0xFF]),
        Case(row: 20, text: "data:;base64,ab\u{A0}cd", bytes: nil),
        Case(row: 20, text: "data:;base64,ab\u{3000}cd", bytes: nil),
        Case(row: 0, text: "data:text/plain,Hello%20World", bytes: Array("Hello World".utf8)),
        Case(row: 0, text: "data:image/svg+xml,<a,b>", bytes: Array("<a,b>".utf8), type: "image/svg+xml"),
        Case(row: 0, text: "data: IMAGE/Png ;base64,AAAA", bytes: [0, 0, 0], type: "image/png"),
        Case(row: 0, text: "data:;charset=utf-8,é", bytes: Array("é".utf8), type: "text/plain;charset=utf-8"),
        Case(row: 0, text: "dat:,x", bytes: nil),
        Case(row: 0, text: " data:,x", bytes: nil),
        Case(row: 0, text: "data\u{1A},x", bytes: nil),
        Case(row: 0, text: "data:;base\u{16}4,WA", bytes: Array("WA".utf8)),
        Case(row: 0, text: "", bytes: nil),
    ]

    @Test("each row of the catalogue ends as it says", arguments: cases)
    func catalogue(_ item: Case) throws {
        guard let bytes = item.bytes else {
            let error = #expect(throws: DataURI.Invalid.self) { try DataURI(item.text, maximumSize: 1 << 20) }
            #expect(error?.description.hasPrefix("Invalid data URI format") == true)
            return
        }
        let uri = try DataURI(item.text, maximumSize: 1 << 20)
        #expect(uri.bytes == bytes)
        #expect(uri.mediaType.description == item.type)
    }

    @Test("one beyond the limit is refused, and the error does not show it (row 13)")
    func limit() throws {
        #expect(try DataURI("data:,12345", maximumSize: 5).bytes.count == 5)
        #expect(try DataURI("data:;base64,AAAA", maximumSize: 3).bytes.count == 3)
        for text in ["data:,123456", "data:;base64,AAAAAA", "data:,%41%41%41%41%41%41"] {
            let error = #expect(throws: DataURI.Invalid.self) { try DataURI(text, maximumSize: 3) }
            #expect(error?.description.contains("AAAA") == false)
        }
        let long = "data:;base64," + String(repeating: "QUJD", count: 1 << 18)
        let error = #expect(throws: DataURI.Invalid.self) { try DataURI(long, maximumSize: 1000) }
        #expect(error?.description.utf8.count ?? .max < 200)
        #expect(error?.description.contains("QUJD") == false)
    }

    @Test(
        "only what is beyond doubt a data URI is taken for one without being told",
        arguments: [
            ("data:image/png;base64,AAAA", true), ("data:text/plain,hello", true), ("data:;base64,AAAA", true),
            ("DATA:text/html,<b>", true), ("data:text/plain;charset=utf-8,x", true),
            ("data: is it plural?", false), ("data: yes, it is", false), ("data:,", false), ("data:,hello", false),
            ("data: input/output, please explain", false), ("data:image/png;base64,not base64!", false),
            ("data:image/png;base64,AAAAA", false), ("data:nothing, really", false), ("database64,AAAA", false),
            ("data:text/plain", false), ("data:text/\0plain,x", false), ("", false), ("data", false),
        ])
    func strictness(text: String, isStrict: Bool) {
        #expect(DataURI.isStrictlyWellFormed(text) == isStrict)
    }

    @Test("any text gives bytes or an error, and a type that a header may carry")
    func robustness() {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<3000 {
            let text =
                ["data:", "data:image/png;base64,", "data:;", "DATA:a/b;"].randomElement(using: &random)!
                + random.text(20)
            guard let uri = try? DataURI(text, maximumSize: 1000) else { continue }
            #expect(uri.mediaType.description.utf8.allSatisfy { (0x20..<0x7F).contains($0) })
            #expect(MediaType(uri.mediaType.description) == uri.mediaType)
        }
    }
}
