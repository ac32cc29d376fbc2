// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

/// What the wire format does with each row of the catalogue of bad input that concerns it.
@Suite("The catalogue of bad input")
struct BadInputRowTests {
    /// A text that is refused, and the error says of what kind without showing the payload.
    func expectRefused(_ text: String, _ payload: String? = nil) {
        let error = #expect(throws: DataURI.Invalid.self) { try DataURI(text, maximumSize: 1 << 20) }
        #expect(error?.description.hasPrefix("Invalid data URI format: ") == true)
        #expect(error?.description.utf8.count ?? .max < 200)
        if let payload { #expect(error?.description.contains(payload) == false) }
        #expect(throws: DataURI.Invalid.self) { try DataURI.decodedSize(of: text) }
        #expect(!DataURI.isStrictlyWellFormed(text))
    }

    /// A text that is accepted with these bytes, whole and byte by byte.
    func expectDecoded(_ text: String, _ bytes: [UInt8], type: String = "text/plain") throws {
        let uri = try DataURI(text, maximumSize: 1 << 20)
        #expect(uri.bytes == bytes)
        #expect(uri.mediaType.description == type)
        #expect(try DataURI.decodedSize(of: text) == bytes.count)
        let header = try DataURI.Header(text)
        #expect(header.mediaType == uri.mediaType)
        var decoder = DataURIDecoder(header)
        var pieces: [UInt8] = []
        for byte in text.utf8.dropFirst(header.payloadOffset) { pieces += try decoder.decode([byte]) }
        pieces += try decoder.finish()
        #expect(pieces == bytes)
    }
}

// MARK: - Data URIs

extension BadInputRowTests {
    @Test("row 1: a data URI of nothing but its scheme is refused", arguments: ["data:", "DATA:", "data: "])
    func row1(text: String) { expectRefused(text) }

    @Test(
        "row 2: an empty payload is an empty text",
        arguments: ["data:,", "data: ,", "data:;base64,", "data:;base64,%20 \t"])
    func row2(text: String) throws { try expectDecoded(text, []) }

    @Test(
        "row 3: without a comma there is no payload", arguments: ["data:text/html", "data:image/png;base64", "data:x"])
    func row3(text: String) { expectRefused(text) }

    @Test(
        "row 4: base64 said twice is base64",
        arguments: [("data:;base64;base64,WA", "text/plain"), ("data:x/x;base64;base64,WA", "x/x")])
    func row4(text: String, type: String) throws { try expectDecoded(text, [0x58], type: type) }

    @Test(
        "row 5: base64 that is not said last is a parameter without sense",
        arguments: [
            ("data:x/x;base64;charset=x,WA", "x/x;charset=x"), ("data:;base64;,WA", "text/plain"),
            ("data:x/x;base64=1,WA", "x/x;base64=1"),
        ])
    func row5(text: String, type: String) throws { try expectDecoded(text, Array("WA".utf8), type: type) }

    @Test("row 6: base64 is said in any case", arguments: ["data:;BASe64,WA", "data:;BASE64,WA", "data:; base64 ,WA"])
    func row6(text: String) throws { try expectDecoded(text, [0x58]) }

    @Test(
        "row 7: parameters stand before base64",
        arguments: [
            ("data:image/png;charset=utf-8;base64,AAAA", "image/png;charset=utf-8"),
            ("data:audio/webm;codecs=opus;base64,AAAA", "audio/webm;codecs=opus"),
            ("data:audio/webm;codecs=\"a;b\";base64,AAAA", "audio/webm;codecs=\"a;b\""),
            ("data:IMAGE/PNG;Charset=UTF-8;Base64,AAAA", "image/png;charset=UTF-8"),
        ])
    func row7(text: String, type: String) throws { try expectDecoded(text, [0, 0, 0], type: type) }

    @Test(
        "row 8: an escaped word is not base64",
        arguments: ["data:;%62ase64,WA", "data:%3Bbase64,WA", "data:;base 64,WA"])
    func row8(text: String) throws { try expectDecoded(text, Array("WA".utf8)) }

    @Test("row 9: the scheme is written in any case", arguments: ["DATA:,X", "Data:,X", "dAtA:,X"])
    func row9(text: String) throws { try expectDecoded(text, [0x58]) }

    @Test(
        "row 10: what is no escape is literal",
        arguments: ["a%0", "%zz", "%", "%%", "100%", "%4", "%g1%1g", "%\u{662}1"])
    func row10(payload: String) throws { try expectDecoded("data:text/plain,\(payload)", Array(payload.utf8)) }

    @Test(
        "row 11: bytes need not be text",
        arguments: [("%FF", [0xFF]), ("%c3", [0xC3]), ("a%00b", [0x61, 0, 0x62]), ("%ED%A0%80", [0xED, 0xA0, 0x80])]
            as [(String, [UInt8])])
    func row11(payload: String, bytes: [UInt8]) throws { try expectDecoded("data:,\(payload)", bytes) }

    @Test(
        "row 12: a line end or NUL in the type makes it plain text, and reaches no header",
        arguments: [
            "data:text/\0html,x", "data:text/html\r\nX-Y: z,x", "data:;a\r\nX: y,x", "data:text/html;a=\"\r\n\",x",
            "data:text/html\n,x", "data:\0,x", "data:text/html\r,x",
        ])
    func row12(text: String) throws {
        try expectDecoded(text, [0x78])
        #expect(try !DataURI.Header(text).hasExplicitType)
        #expect(!DataURI.isStrictlyWellFormed(text))
    }

    @Test(
        "row 13: beyond the limit it is refused before it is decoded, and the error shows none of it",
        arguments: ["data:,QUJDREVG%41", "data:;base64,QUJDREVGR0g", "data:;base64,%51UJDREVGR0g=", "data:,QUJDRE"])
    func row13(text: String) throws {
        let size = try DataURI.decodedSize(of: text)
        #expect(try DataURI(text, maximumSize: size).bytes.count == size)
        for limit in [0, 1, size - 1] {
            let error = #expect(throws: DataURI.Invalid.self) { try DataURI(text, maximumSize: limit) }
            #expect(error?.description.contains("more than \(limit) bytes") == true)
            #expect(error?.description.contains("UJDR") == false)
        }
        let long = text + String(repeating: "QUJD", count: 1 << 18)
        let error = #expect(throws: DataURI.Invalid.self) { try DataURI(long, maximumSize: 1000) }
        #expect(error?.description.utf8.count ?? .max < 200)
    }

    @Test("row 14: an endless media type is refused", arguments: [256, 4096, 65_536])
    func row14(length: Int) {
        expectRefused("data:a/" + String(repeating: "b", count: length) + ",x", "bbbb")
        expectRefused("data:a/b;c=" + String(repeating: "d", count: length) + ";base64,AAAA", "dddd")
    }

    @Test("row 15: base64 cannot end after one digit of a group", arguments: ["a", "abcde", "abcdefghi", "%61", " a "])
    func row15(payload: String) { expectRefused("data:;base64,\(payload)") }

    @Test(
        "row 16: stray bits are forgiven in a data URI, and nowhere else",
        arguments: [("YR", [0x61]), ("YR==", [0x61]), ("YWJ", [0x61, 0x62]), ("YWJjZF", [0x61, 0x62, 0x63, 0x64])]
            as [(String, [UInt8])])
    func row16(payload: String, bytes: [UInt8]) throws {
        try expectDecoded("data:;base64,\(payload)", bytes)
        #expect(Base64.decode(strict: payload.utf8) == nil)
        #expect(Base64.decode(urlSafe: payload.utf8) == nil)
    }

    @Test(
        "row 17: padding inside and too much padding are refused",
        arguments: ["ab=c", "abcd===", "=", "ab===", "YQ=%3D=", "a==="])
    func row17(payload: String) { expectRefused("data:;base64,\(payload)", payload) }

    @Test(
        "row 18: ASCII white space is forgiven in a data URI, and nowhere else",
        arguments: ["ab\tc\nd", "ab\r\ncd", " abcd ", "%61b%0Acd", "a b c d", "ab\u{C}cd", "%20abcd%09"])
    func row18(payload: String) throws {
        try expectDecoded("data:;base64,\(payload)", [0x69, 0xB7, 0x1D])
        #expect(Base64.decode(strict: payload.utf8) == nil)
        #expect(Base64.decode(urlSafe: payload.utf8) == nil)
    }

    @Test(
        "row 19: the URL-safe alphabet is taken in a data URI, not as bare base64",
        arguments: ["-_8=", "-_8", "+_8=", "-/8", "%2D_8"])
    func row19(payload: String) throws {
        try expectDecoded("data:;base64,\(payload)", [0xFB, 0xFF])
        #expect(Base64.decode(strict: payload.utf8) == nil)
        #expect(Base64.decode(urlSafe: "-_8=".utf8) == nil)
    }

    @Test(
        "row 20: other white space is refused",
        arguments: ["ab\u{A0}cd", "ab\u{3000}cd", "ab\u{B}cd", "ab\u{2028}cd", "ab%C2%A0cd", "ab\u{FEFF}cd", "ab\0cd"])
    func row20(payload: String) { expectRefused("data:;base64,\(payload)", payload) }
}
