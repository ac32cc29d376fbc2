// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

@Suite("Base 64 and percent-encoding")
struct Base64Tests {
    @Test(
        "the vectors of RFC 4648",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ])
    func vectors(text: String, encoded: String) {
        #expect(Base64.encode(Array(text.utf8)) == encoded)
        #expect(Base64.decode(strict: Array(encoded.utf8)) == Array(text.utf8))
        #expect(Base64.decode(forgiving: Array(encoded.utf8)) == Array(text.utf8))
        let bare = encoded.replacing("=", with: "")
        #expect(Base64.encodeURLSafe(Array(text.utf8)) == bare)
        #expect(Base64.decode(urlSafe: Array(bare.utf8)) == Array(text.utf8))
        #expect(Base64.decode(forgiving: Array(bare.utf8)) == Array(text.utf8))
    }

    @Test("any bytes come back, in every form")
    func roundTrip() {
        var random = SeededGenerator(seed: 4)
        for count in 0..<300 {
            let bytes = random.bytes(count)
            #expect(Base64.decode(strict: Array(Base64.encode(bytes).utf8)) == bytes)
            #expect(Base64.decode(urlSafe: Array(Base64.encodeURLSafe(bytes).utf8)) == bytes)
            #expect(Base64.decode(forgiving: Array(Base64.encode(bytes).utf8)) == bytes)
            #expect(Base64.decode(forgiving: Array(Base64.encodeURLSafe(bytes).utf8)) == bytes)
        }
    }

    @Test("the two alphabets differ in two characters")
    func alphabets() {
        #expect(Base64.encode([0xFB, 0xFF]) == "+/8=")
        #expect(Base64.encodeURLSafe([0xFB, 0xFF]) == "-_8")
        #expect(Base64.decode(strict: Array("-_8=".utf8)) == nil)
        #expect(Base64.decode(urlSafe: Array("+/8".utf8)) == nil)
        #expect(Base64.decode(forgiving: Array("-_8=".utf8)) == [0xFB, 0xFF])
        #expect(Base64.decode(forgiving: Array("+_8".utf8)) == [0xFB, 0xFF])
    }

    @Test(
        "what no decoder takes",
        arguments: [
            "a", "abcde", "ab=c", "abcd===", "=", "==", "=abc", "a===", "ab==c", "a\u{A0}bc", "ab\u{3000}cd", "abc\0",
            "abc.", "é",
        ])
    func refused(text: String) {
        #expect(Base64.decode(strict: Array(text.utf8)) == nil)
        #expect(Base64.decode(urlSafe: Array(text.utf8)) == nil)
        #expect(Base64.decode(forgiving: Array(text.utf8)) == nil)
    }

    @Test(
        "what only data URIs take: space, missing padding, stray bits",
        arguments: [
            ("ab\tc\nd", [0x69, 0xB7, 0x1D]), (" Z\r\n\u{C}g==", [0x66]), ("Zg", [0x66]), ("YR==", [0x61]),
            ("YR", [0x61]),
            ("QUJDRB==", [0x41, 0x42, 0x43, 0x44]),
        ] as [(String, [UInt8])])
    func forgiven(text: String, bytes: [UInt8]) {
        #expect(Base64.decode(forgiving: Array(text.utf8)) == bytes)
        #expect(Base64.decode(strict: Array(text.utf8)) == nil)
    }

    @Test("a token has exactly one spelling", arguments: ["YR", "YQ==", "YQ=", "Y Q", "YQ\n", "YW9", "ZmF"])
    func tokens(text: String) {
        #expect(Base64.decode(urlSafe: Array(text.utf8)) == nil)
        #expect(Base64.decode(urlSafe: Array("YQ".utf8)) == [0x61])
    }

    @Test("vertical tab is no white space")
    func verticalTab() {
        #expect(Base64.decode(forgiving: Array("Zg\u{B}==".utf8)) == nil)
    }

    @Test("everything but unreserved characters is encoded, and comes back")
    func percentRoundTrip() {
        #expect(PercentEncoding.encode("aZ09-._~") == "aZ09-._~")
        #expect(PercentEncoding.encode("a b/é?%") == "a%20b%2F%C3%A9%3F%25")
        #expect(PercentEncoding.encode("a/b", keeping: "/") == "a/b")
        var random = SeededGenerator(seed: 6)
        for _ in 0..<500 {
            let text = random.text()
            let encoded = PercentEncoding.encode(text)
            #expect(encoded.utf8.allSatisfy { (0x21..<0x7F).contains($0) && $0 != UInt8(ascii: "/") })
            #expect(PercentEncoding.decode(encoded).map { Array($0.utf8) } == Array(text.utf8))
        }
    }

    @Test(
        "what is no escape stays, once",
        arguments: [
            ("a%0", "a%0"), ("%zz", "%zz"), ("%", "%"), ("%%41", "%A"), ("%2541", "%41"), ("%41%4", "A%4"), ("+", "+"),
            ("%c3%A9", "é"), ("100%", "100%"), ("%2e%2e%2f", "../"), ("%252e", "%2e"),
        ])
    func percentDecoding(text: String, decoded: String) {
        #expect(PercentEncoding.decode(text) == decoded)
    }

    @Test("bytes that are no UTF-8 are bytes, but no text")
    func percentBytes() {
        #expect(PercentEncoding.decode(Array("%FF%00a".utf8)) == [0xFF, 0, 0x61])
        #expect(PercentEncoding.decode("%FF") == nil)
    }
}
