// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

@Suite("JSON parser")
struct JSONParserTests {
    @Test(
        "what RFC 8259 does not allow is refused",
        arguments: [
            "", " ", "{", "}", "[", "]", "{\"size\":1,}", "[1,]", "[,1]", "[1 2]", "{,}", "{\"a\"}", "{\"a\":}",
            "{a:1}", "{'a':1}", "{1:2}", "\u{FEFF}{}", "NaN", "[NaN]", "Infinity", "-Infinity", "nul", "nulll", "True",
            "01", "-01", "+1", "1.", ".5", "1.e5", "1e", "1e+", "--1", "- 1", "0x10", "1_000", "\"", "\"a", "\"\\\"",
            "\"\\x41\"", "\"\\u12\"", "\"\\u12G4\"", "\"\t\"", "\"\n\"", "\"\u{0}\"", "{} {}", "1 2", "[1]]", "/**/1",
            "[1]//", "\u{A0}1", "\u{0C}1", "'a'", "undefined", "\"\\U00000041\"", "{\"a\" 1}", "[\"a\":1]",
        ])
    func refused(text: String) {
        #expect(throws: JSONSyntaxError.self) { try json(text) }
    }

    @Test("what RFC 8259 allows is read")
    func accepted() throws {
        #expect(try json(" \t\r\n null \n") == .null)
        #expect(try json("[true, false]") == [true, false])
        #expect(try json("[]") == [])
        #expect(try json("{}") == [:])
        #expect(try json("{\"\":{\"a\":[1,{\"b\":null}]}}") == ["": ["a": [1, ["b": nil]]]])
        #expect(try json(#""\"\\\/\b\f\n\r\t\u0041\u00e9\ud83d\udcbe""#) == .string("\"\\/\u{8}\u{C}\n\r\tAé💾"))
        #expect(try json("\"\u{7F}\u{2028}é💾\"") == .string("\u{7F}\u{2028}é💾"))
        #expect(try json("\"\\u0000\"") == .string("\0"))
        #expect(try json("0") == .integer(0))
        #expect(try json("-0") == .integer(0))
        #expect(try json("1e3") == .double(1000))
        #expect(try json("1E+3") == .double(1000))
        #expect(try json("-1.5e-3") == .double(-0.0015))
    }

    @Test("lone surrogates are refused, pairs are one scalar")
    func surrogates() throws {
        for text in [
            #""\ud800""#, #""\udc00""#, #""\ud800x""#, #""\ud800\n""#, #""\ud800\ud800""#, #""\ud800\u0041""#,
            #""\udc00\ud800""#, #""\ud83d\u""#, #""a\udfff""#,
        ] {
            #expect(throws: JSONSyntaxError.self, "\(text)") { try json(text) }
        }
        #expect(try json(#""\ud83d\uDCBE""#) == "💾")
        #expect(try json(#""\uD800\uDC00\uDBFF\uDFFF""#) == "\u{10000}\u{10FFFF}")
    }

    @Test(
        "invalid UTF-8 is refused",
        arguments: [
            [0xFF], [0xC3], [0xC3, 0x28], [0xED, 0xA0, 0x80], [0xC0, 0x80], [0xE0, 0x80, 0xAF],
            [0xF4, 0x90, 0x80, 0x80], [0x80],
        ] as [[UInt8]])
    func invalidUTF8(bytes: [UInt8]) {
        let quote = UInt8(ascii: "\"")
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: [quote] + bytes + [quote]) }
        let escaped = Array(#""\n"#.utf8) + bytes + [quote]
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: escaped) }
    }

    @Test("one name twice is refused, even written another way; names that only look equal are two")
    func names() throws {
        #expect(throws: JSONSyntaxError.self) { try json(#"{"a":1,"a":1}"#) }
        #expect(throws: JSONSyntaxError.self) { try json(#"{"a":1,"b":2,"\u0061":3}"#) }
        #expect(throws: JSONSyntaxError.self) { try json(#"[{"x":{"":1,"":2}}]"#) }
        let value = try json("{\"\u{E9}\":1,\"e\u{301}\":2,\"A\":3,\"a\":4}")
        #expect(value["\u{E9}"] == 1)
        #expect(value["e\u{301}"] == 2)
        #expect(value.objectValue?.count == 4)
    }

    @Test("integers are exact up to 2^63, beyond they are doubles")
    func integers() throws {
        #expect(try json("9223372036854775807") == .integer(.max))
        #expect(try json("-9223372036854775808") == .integer(.min))
        #expect(try json("9223372036854775808") == .double(9_223_372_036_854_775_808))
        #expect(try json("-9223372036854775809") == .double(-9_223_372_036_854_775_808))
        #expect(try json("9007199254740993") == .integer(9_007_199_254_740_993))
        #expect(try json("9223372036854775808").integerValue == nil)
        #expect(try json("1e3").integerValue == 1000)
        #expect(try json("1.0").integerValue == 1)
        #expect(try json("1.5").integerValue == nil)
        #expect(try json("9007199254740994.0").integerValue == nil)
        #expect(try json(String(repeating: "9", count: 300)).doubleValue == Double(String(repeating: "9", count: 300)))
    }

    @Test("a number that overflows is refused, one that underflows is small")
    func overflow() throws {
        #expect(throws: JSONSyntaxError.self) { try json("1e400") }
        #expect(throws: JSONSyntaxError.self) { try json("-1e400") }
        #expect(throws: JSONSyntaxError.self) { try json(String(repeating: "9", count: 400)) }
        #expect(try json("1e-400") == .double(0))
        #expect(try json("1.7976931348623157e308") == .double(.greatestFiniteMagnitude))
    }

    @Test("nesting beyond the limit is refused without harm", arguments: ["[", "{\"a\":", "[{\"a\":"])
    func depth(opening: String) {
        let text = String(repeating: opening, count: 100_000)
        let error = #expect(throws: JSONSyntaxError.self) { try json(text) }
        #expect(error?.reason.contains("128") == true)
    }

    @Test("the limits are exact")
    func limits() throws {
        func nested(_ count: Int, _ inner: String) -> String {
            String(repeating: "[", count: count) + inner + String(repeating: "]", count: count)
        }
        for inner in ["", "1", "null"] {
            #expect(throws: Never.self) { try json(nested(128, inner)) }
            #expect(throws: JSONSyntaxError.self, "129 levels around \(inner.debugDescription)") {
                try json(nested(129, inner))
            }
        }
        let limits = JSONLimits(maximumBytes: 5, maximumDepth: 1)
        #expect(try JSONValue(parsing: "[1,2]", limits: limits) == [1, 2])
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: "[1,2] ", limits: limits) }
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: "[[]]", limits: limits) }
        #expect(try JSONValue(parsing: "12", limits: JSONLimits(maximumBytes: 5, maximumDepth: 0)) == 12)
    }

    @Test("an error names the place and never the text")
    func errors() {
        let error = #expect(throws: JSONSyntaxError.self) { try json("[1, secret]") }
        #expect(error?.offset == 4)
        #expect(error?.description.contains("secret") == false)
    }

    @Test("any bytes give a value or an error, and any cut of good text an error or a number cut short")
    func robustness() throws {
        var random = SeededGenerator(seed: 5)
        for _ in 0..<3000 {
            var bytes = random.json(depth: 3).serialized()
            let cut = Int.random(in: 0...bytes.count, using: &random)
            switch Int.random(in: 0...2, using: &random) {
            case 0: bytes = random.bytes(cut)
            case 1: bytes.removeLast(bytes.count - cut)
            default: if !bytes.isEmpty { bytes[cut % bytes.count] ^= UInt8(1 << (cut % 8)) }
            }
            guard let value = try? JSONValue(parsing: bytes) else { continue }
            #expect(try JSONValue(parsing: value.serialized()) == value)
        }
    }
}
