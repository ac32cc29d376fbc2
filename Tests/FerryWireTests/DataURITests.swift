// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

/// What the catalogue of bad input says of data URIs stands in `BadInputRowTests`.
@Suite("Data URIs")
struct DataURITests {
    struct Case: Sendable, CustomTestStringConvertible {
        let text: String
        /// Nil if refused.
        let bytes: [UInt8]?
        var type = "text/plain"
        var testDescription: String { text.debugDescription }
    }

    static let cases = [
        Case(text: "data:text/plain,Hello%20World", bytes: Array("Hello World".utf8)),
        Case(text: "data:text/plain;base64,SGVsbG8=", bytes: Array("Hello".utf8)),
        Case(text: "data:image/png;base64,-_8", bytes: [0xFB, 0xFF], type: "image/png"),
        Case(text: "data:;base64,SGVsbG8", bytes: Array("Hello".utf8)),
        Case(text: "data:image/svg+xml,<a,b>", bytes: Array("<a,b>".utf8), type: "image/svg+xml"),
        Case(text: "data: IMAGE/Png ;base64,AAAA", bytes: [0, 0, 0], type: "image/png"),
        Case(text: "data:image/png;\tbase64,AAAA", bytes: [0, 0, 0], type: "image/png"),
        Case(text: "data:;charset=utf-8,é", bytes: Array("é".utf8), type: "text/plain;charset=utf-8"),
        Case(text: "data:,a\r\nb\tc ", bytes: Array("a\r\nb\tc ".utf8)),
        Case(text: "data:,a#b?c", bytes: Array("a#b?c".utf8)),
        Case(text: "data:*/*,x", bytes: [0x78]),
        Case(
            text: "data:a/b;C=d;c=e;f;=g;h=\"i\\\"j\" k;l=\u{7F},x", bytes: [0x78], type: "a/b;c=d;h=\"i\\\"j\";l=%7F"),
        Case(text: "data:a/b;name=é.png,x", bytes: [0x78], type: "a/b;name=%C3%A9.png"),
        Case(text: "dat:,x", bytes: nil), Case(text: " data:,x", bytes: nil), Case(text: "data\u{1A},x", bytes: nil),
        Case(text: "data;base64,AAAA", bytes: nil), Case(text: "", bytes: nil), Case(text: "data", bytes: nil),
    ]

    @Test("a data URI is its type and its bytes", arguments: cases)
    func reading(_ item: Case) throws {
        guard let bytes = item.bytes else {
            let error = #expect(throws: DataURI.Invalid.self) { try DataURI(item.text, maximumSize: 1 << 20) }
            #expect(error?.description.hasPrefix("Invalid data URI format: it does not begin with data:") == true)
            return
        }
        let uri = try DataURI(item.text, maximumSize: 1 << 20)
        #expect(uri.bytes == bytes)
        #expect(uri.mediaType.description == item.type)
        #expect(try DataURI.decodedSize(of: item.text) == bytes.count)
    }

    @Test("an error says what is wrong")
    func reasons() {
        func reason(_ text: String, _ limit: Int = 1000) -> String? {
            do throws(DataURI.Invalid) {
                _ = try DataURI(text, maximumSize: limit)
                return nil
            } catch {
                return error.reason
            }
        }
        #expect(reason("data:x")?.contains("there is no comma") == true)
        #expect(reason("data:;base64,abc*") == "the part after the comma is not base64: character 4 has no place there")
        #expect(reason("data:;base64,ab=c") == "the part after the comma is not base64: character 4 has no place there")
        #expect(
            reason("data:;base64,abcde")
                == "the part after the comma is not base64: it ends within a group of four characters")
        #expect(reason("data:,abc", 2)?.contains("more than 2 bytes") == true)
        #expect(reason("data:a/\(String(repeating: "b", count: 300)),x")?.contains("media type is longer") == true)
        let far = "data:;base64," + String(repeating: "QUJD", count: 50_000) + "*"
        #expect(reason(far, 1 << 20)?.contains("character 200001 ") == true)
        #expect(reason(far)?.contains("more than 1000 bytes") == true)
    }

    @Test("the header is read without the payload")
    func headers() throws {
        let header = try DataURI.Header("Data:Image/PNG;a=b;base64,AA*not base64")
        #expect(header.mediaType.description == "image/png;a=b")
        #expect(header.isBase64 && header.hasExplicitType)
        #expect(header.payloadOffset == 26)
        let bare = try DataURI.Header(utf8: Array("data:,".utf8))
        #expect(bare.mediaType == .plainText)
        #expect(!bare.isBase64 && !bare.hasExplicitType)
        #expect(try !DataURI.Header("data:;charset=utf-8;base64,").hasExplicitType)
        #expect(try !DataURI.Header("data:nonsense,").hasExplicitType)
        #expect(try DataURI.Header("data:é" + String(repeating: " ", count: 4000) + ",").payloadOffset == 4008)
        #expect(throws: DataURI.Invalid.self) {
            try DataURI.Header("data:" + String(repeating: " ", count: 4091) + ",")
        }
    }

    @Test("white space counts for nothing against the limit")
    func spaceAndLimit() throws {
        let spaced = "data:;base64," + String(repeating: " \n", count: 10_000) + "AAAA"
        #expect(try DataURI(spaced, maximumSize: 3).bytes == [0, 0, 0])
        #expect(throws: DataURI.Invalid.self) { try DataURI(spaced + "AA", maximumSize: 3) }
        #expect(try DataURI("data:,%41%42%43", maximumSize: 3).bytes == Array("ABC".utf8))
    }

    @Test(
        "only what is beyond doubt a data URI is taken for one without being told",
        arguments: [
            ("data:image/png;base64,AAAA", true), ("data:text/plain,hello", true), ("data:;base64,AAAA", true),
            ("DATA:text/html,<b>", true), ("data:text/plain;charset=utf-8,x", true), ("data:image/png;base64,", true),
            ("data:text/plain; charset=utf-8,x", true), ("data:audio/webm;codecs=\"opus\";base64,AAAA", true),
            ("data:image/png;base64,-_8", true), ("data:image/png;base64,AAAA\nAAAA\n", true),
            ("data: is it plural?", false), ("data: yes, it is", false), ("data:,", false), ("data:,hello", false),
            ("data: input/output, please explain", false), ("data:image/png;base64,not base64!", false),
            ("data:image/png;base64,AAAAA", false), ("data:nothing, really", false), ("database64,AAAA", false),
            ("data:text/plain", false), ("data:text/\0plain,x", false), ("", false), ("data", false),
            ("data:for/against; discuss, please", false), ("data:pros/cons ,x", false), ("data:†/†,x", false),
            ("data:;charset=utf-8,x", false), ("data:*/*,x", false), ("data:a/b/c,x", false), ("data:;base64,=", false),
            ("data:x\n;base64,AAAA", false),
        ])
    func strictness(text: String, isStrict: Bool) {
        #expect(DataURI.isStrictlyWellFormed(text) == isStrict)
    }

    @Test("any text gives bytes or an error, and a type that a header may carry")
    func robustness() {
        var random = SeededGenerator(seed: 7)
        var read = 0
        for _ in 0..<3000 {
            let text =
                ["data:", "data:image/png;base64,", "data:;", "DATA:a/b;"].randomElement(using: &random)!
                + random.text(20)
            guard let uri = try? DataURI(text, maximumSize: 1000) else { continue }
            read += 1
            #expect(uri.mediaType.description.utf8.allSatisfy { (0x20..<0x7F).contains($0) })
            #expect(MediaType(uri.mediaType.description) == uri.mediaType)
            #expect((try? DataURI.decodedSize(of: text)) == uri.bytes.count)
        }
        #expect(read > 100)
    }
}
