// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

// MARK: - Media types

extension BadInputRowTests {
    @Test(
        "row 45: types that a browser runs are active",
        arguments: [
            "text/html", "image/svg+xml", "text/xml", "application/xhtml+xml", "TEXT/HTML", "text/html ; a=b",
            "application/xml", "text/javascript", "application/pdf", "image/SVG+xml;charset=utf-8", "multipart/related",
        ])
    func row45(text: String) throws { #expect(try #require(MediaType(text)).isActive) }

    @Test(
        "row 47: a type with a line end in it is none",
        arguments: ["a/b\r\nX: y", "a/b\n", "a/b\r", "a/b;c=d\r\n e", "\na/b", "a/b;c=\"\n\"", "a/b\0", "a/b\u{85}"])
    func row47(text: String) { #expect(MediaType(text) == nil) }

    @Test(
        "row 48: what is no type is none, for the fallback to octet-stream",
        arguments: [
            "", " ", "garbage", "*/*", "image/*", "a/", "/b", "a/b/c", "a b/c",
            "a/" + String(repeating: "b", count: 2048),
        ])
    func row48(text: String) {
        #expect(MediaType(text) == nil)
        #expect((MediaType(text) ?? .octetStream).description == "application/octet-stream")
        #expect(!MediaType.octetStream.isActive)
    }

    @Test(
        "row 49: UTF-7 makes plain text active, however it is written",
        arguments: [
            "text/html;charset=utf-7", "text/plain;charset=utf-7", "text/plain; Charset=\"UTF-7\"",
            "text/plain;charset=\"utf\\-7\"", "text/plain;charset=unicode-1-1-utf-7",
            "text/plain;charset=csUnicode11UTF7",
        ])
    func row49(text: String) throws { #expect(try #require(MediaType(text)).isActive) }
}

// MARK: - Sizes

extension BadInputRowTests {
    private func size(_ text: String) throws -> Int64? {
        try PartialFile(json: try JSONValue(parsing: "{\"filename\":\"a\",\"size\":\(text)}")).size
    }

    @Test("row 51: a negative size is refused", arguments: ["-1", "-9223372036854775808", "-1.0", "-1e3"])
    func row51(text: String) {
        let error = #expect(throws: WireFormatError.self) { try size(text) }
        #expect(error?.pointer.description == "/size")
    }

    @Test(
        "row 52: the largest integer is read exactly, one more is refused",
        arguments: [
            ("9223372036854775807", Int64.max), ("9223372036854775808", nil), ("18446744073709551616", nil),
            ("9223372036854775807.0", nil), ("9.3e18", nil),
        ] as [(String, Int64?)])
    func row52(text: String, value: Int64?) throws {
        if let value {
            #expect(try size(text) == value)
        } else {
            #expect(throws: WireFormatError.self) { try size(text) }
        }
    }

    @Test(
        "row 53: a whole number may be written with a fraction or an exponent",
        arguments: [("1e3", 1000), ("1.0", 1), ("1E+2", 100), ("100e-2", 1), ("-0", 0), ("-0.0", 0)]
            as [(String, Int64)])
    func row53(text: String, value: Int64) throws { #expect(try size(text) == value) }

    @Test(
        "row 54: a size in quotes, of not a number or with a fraction is refused, null is unknown",
        arguments: ["\"1\"", "NaN", "1.5", "true", "[1]", "{}", "null"])
    func row54(text: String) throws {
        guard text != "null" else {
            #expect(try size(text) == nil)
            return
        }
        #expect(throws: (any Error).self) { try size(text) }
    }
}

// MARK: - JSON

extension BadInputRowTests {
    @Test(
        "row 69: a hundred thousand levels are refused",
        arguments: [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":", "}]")])
    func row69(opening: String, closing: String) {
        let count = 100_000
        for text in [
            String(repeating: opening, count: count),
            String(repeating: opening, count: count) + "1" + String(repeating: closing, count: count),
        ] {
            let error = #expect(throws: JSONSyntaxError.self) { try json(text) }
            #expect(error?.description.contains("nested deeper than 128 levels") == true)
        }
    }

    @Test(
        "row 70: a name twice is refused, however it is written",
        arguments: [
            #"{"a":1,"a":1}"#, #"{"a":1,"\u0061":2}"#, #"{"a":{"b":1,"b":2}}"#, #"[{"":1,"":2}]"#,
            #"{"size":1,"b":[],"size":2}"#, #"{"é":1,"\u00e9":2}"#,
        ])
    func row70(text: String) {
        let error = #expect(throws: JSONSyntaxError.self) { try json(text) }
        #expect(error?.reason == "duplicate member name")
    }

    @Test(
        "row 71: what lenient parsers let through is refused",
        arguments: [
            #"{"size":1,}"#, "[1,]", "\u{FEFF}{}", "\u{FEFF}", "NaN", #"{"size":NaN}"#, "Infinity", "-Infinity",
            "{'a':1}",
            "{a:1}", "[1]//", "01", "+1", "1.", ".5", "0x1", "\"\t\"", "{}\0",
        ])
    func row71(text: String) {
        #expect(throws: JSONSyntaxError.self) { try json(text) }
    }

    @Test("row 74: a number beyond every double is refused", arguments: ["1e400", "-1e400", "1e999999999", "[1e309]"])
    func row74(text: String) {
        #expect(throws: JSONSyntaxError.self) { try json(text) }
        #expect(throws: JSONSyntaxError.self) { try json(String(repeating: "9", count: 400)) }
    }

    @Test("row 74: a string of ten megabytes does not fit a request", arguments: ["{\"filename\":\"", "[\"", "\""])
    func row74(opening: String) {
        let request = JSONLimits(maximumBytes: 8 << 20, maximumDepth: 64)
        let text = opening + String(repeating: "a", count: 10_000_000)
        let error = #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: text, limits: request) }
        #expect(error?.description.contains("longer than 8388608 bytes") == true)
        #expect(error?.description.utf8.count ?? .max < 100)
    }
}
