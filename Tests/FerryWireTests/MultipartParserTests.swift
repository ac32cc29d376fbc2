// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FerryWire

struct MultipartParserTests {
    /// What a form holds: names, file names, types and values, in order.
    struct Part: Hashable, CustomStringConvertible {
        var name: String
        var filename: String?
        var contentType: String?
        var value: [UInt8] = []

        var description: String { "\(name) \(filename ?? "-") \(contentType ?? "-") \(value.count) bytes" }
    }

    private func parse(
        _ body: [UInt8], boundary: String = "b", chunkSize: Int = .max, limits: MultipartParser.Limits = .init()
    ) throws -> [Part] {
        var parser = MultipartParser(boundary: Array(boundary.utf8), limits: limits)
        var parts: [Part] = []
        var isOpen = false
        var rest = body[...]
        while !rest.isEmpty {
            let chunk = Array(rest.prefix(chunkSize))
            rest = rest.dropFirst(chunkSize)
            for event in try parser.consume(chunk) {
                switch event {
                case .part(let part):
                    #expect(!isOpen)
                    isOpen = true
                    parts.append(Part(name: part.name, filename: part.filename, contentType: part.contentType))
                case .data(let range): parts[parts.count - 1].value += chunk[range]
                case .held(let bytes): parts[parts.count - 1].value += bytes
                case .partEnd:
                    #expect(isOpen)
                    isOpen = false
                }
            }
        }
        try parser.finish()
        #expect(!isOpen)
        return parts
    }

    private func part(_ headers: String, _ value: String) -> String { "--b\r\n\(headers)\r\n\r\n\(value)\r\n" }

    private func field(_ name: String, _ value: String) -> String {
        part("Content-Disposition: form-data; name=\"\(name)\"", value)
    }

    @Test func `a form of fields and a file is taken apart`() throws {
        let body =
            "preamble\r\n" + field("path", "/a") + field("empty", "")
            + part(
                "Content-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\nContent-Type: text/plain",
                "one\r\ntwo")
            + "--b--\r\nepilogue"
        #expect(
            try parse(Array(body.utf8)) == [
                Part(name: "path", value: Array("/a".utf8)), Part(name: "empty"),
                Part(name: "file", filename: "a.txt", contentType: "text/plain", value: Array("one\r\ntwo".utf8)),
            ])
    }

    @Test(arguments: [
        "\r", "\r\n", "\r\n-", "\r\n--", "--b", "--b--", "\r\n--c",
        "\r\n-\r\n--", "\r\r\n\r\n-b", "\r\n--bX", "\r\n--b-X",
        "\r\n--b X", "\r\n--b \t\rX", "\r\n--b\rX", "\r\n--b-\r\n", "a\r\n--b\nc",
        "\r\n--b" + String(repeating: " ", count: 70) + "x",
    ])
    func `what only looks like a boundary is data, however the body is cut`(value: String) throws {
        let body = Array((field("a", value) + field("b", value) + "--b--").utf8)
        let expected = [
            Part(name: "a", value: Array(value.utf8)), Part(name: "b", value: Array(value.utf8)),
        ]
        for size in [1, 2, 3, 5, 7, 11, 64, .max] {
            #expect(try parse(body, chunkSize: size) == expected, "chunks of \(size)")
        }
    }

    @Test func `bytes of every kind come through whatever the chunks`() throws {
        var value: [UInt8] = []
        for number in 0..<2000 { value += [UInt8(truncatingIfNeeded: number), UInt8(truncatingIfNeeded: number * 7)] }
        value += Array("\r\n--boundar\r\n--boundaryx\r\r\n\r\n-".utf8)
        let head = Array("--boundary\r\nContent-Disposition: form-data; name=file\r\n\r\n".utf8)
        let body = head + value + Array("\r\n--boundary--\r\n".utf8)
        for size in 1...90 {
            #expect(try parse(body, boundary: "boundary", chunkSize: size).first?.value == value, "chunks of \(size)")
        }
    }

    @Test func `spaces behind a boundary are ignored`() throws {
        let body =
            "--b \t\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n--b  \r\n"
            + "Content-Disposition: form-data; name=b\r\n\r\ny\r\n--b--  "
        #expect(try parse(Array(body.utf8)).map(\.name) == ["a", "b"])
    }

    @Test func `a form of no parts is whole`() throws {
        #expect(try parse(Array("--b--".utf8)).isEmpty)
    }

    @Test(arguments: ["", "--b", "--b\r\n", "x", "--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx", "--c--"])
    func `a form without its last boundary is refused`(body: String) throws {
        #expect(throws: MultipartError.self) { try parse(Array(body.utf8)) }
        let cut = field("a", "x") + "--b-"
        #expect(throws: MultipartError.self) { try parse(Array(cut.utf8)) }
    }

    @Test(arguments: [
        ("form-data; name=\"file\"; filename=\"a.txt\"", "a.txt"), ("form-data; name=file; filename=a.txt", "a.txt"),
        ("FORM-DATA; NAME=\"file\"; FILENAME=\"a.txt\"", "a.txt"),
        ("form-data; name=\"file\"; filename=\"a;b=c.txt\"", "a;b=c.txt"),
        ("form-data; name=\"file\"; filename=\"say \\\"hi\\\".txt\"", "say \"hi\".txt"),
        ("form-data; name=\"file\"; filename=\"say %22hi%22 %41.txt\"", "say \"hi\" %41.txt"),
        ("form-data; name=\"file\"; filename=\"C:\\dir\\a.txt\"", "C:\\dir\\a.txt"),
        ("form-data; name=\"file\"; filename=\"ré€\u{1F600}.txt\"", "ré€\u{1F600}.txt"),
        ("form-data; name=\"file\"; filename=\"x\"; filename*=UTF-8''r%C3%A9.txt", "ré.txt"),
        ("form-data; name=\"file\"; filename*=utf-8'de'%e2%82%ac.txt", "€.txt"),
        ("form-data; name=\"file\"; filename=\"x\"; filename*=koi8-r''%C1", "x"),
        ("form-data; name=\"file\"; filename=\"\"", ""), ("form-data; name=\"file\" ; filename = \"a\" ;", "a"),
    ])
    func `names are read in all their forms`(disposition: String, filename: String) throws {
        let body = part("Content-Disposition: \(disposition)", "x") + "--b--"
        #expect(
            try parse(Array(body.utf8)) == [Part(name: "file", filename: filename, value: Array("x".utf8))])
    }

    @Test(arguments: [
        "", "Content-Type: text/plain", "Content-Disposition: form-data", "Content-Disposition: form-data; name=\"\"",
        "Content-Disposition: attachment; name=a", "Content-Disposition: form-data; name=\"a",
        "Content-Disposition: form-data; name=\"a\"x", "Content-Disposition: form-data; name=a; name=b",
        "Content-Disposition: form-data; name=a; filename=b; filename=c",
        "Content-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=b",
        "Content-Disposition: form-data; name=a\r\n folded", "Content-Disposition : form-data; name=a",
        "Content-Disposition: form-data; name=a\r\nno colon", "Content-Disposition: form-data;\u{0}name=a",
        "Content-Disposition: form-data; name=a\nX: y", "Content-Disposition: form-data; name=a\rX: y",
        "Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: base64",
        "Content-Disposition: form-data; name=a; filename*=UTF-8''%FF",
    ])
    func `a part that does not say what it is is refused`(headers: String) throws {
        let body = part(headers, "x") + "--b--"
        #expect(throws: MultipartError.self) { try parse(Array(body.utf8)) }
    }

    @Test func `names that are not UTF-8 are refused`() throws {
        let head = Array("--b\r\nContent-Disposition: form-data; name=file; filename=\"a".utf8)
        let body = head + [0xFF, 0xFE] + Array("\"\r\n\r\nx\r\n--b--".utf8)
        #expect(throws: MultipartError.self) { try parse(body) }
    }

    private func limitError(_ body: String, limits: MultipartParser.Limits = .init()) throws -> Bool {
        try #require(throws: MultipartError.self) { try parse(Array(body.utf8), limits: limits) }.isLimit
    }

    @Test func `parts, headers and what stands outside of parts are bounded`() throws {
        let fields = (0..<33).map { field("f\($0)", "x") }.joined() + "--b--"
        #expect(try limitError(fields))
        #expect(try parse(Array(fields.utf8), limits: .init(maximumParts: 33)).count == 33)
        let header = "X: " + String(repeating: "x", count: 20_000) + "\r\nContent-Disposition: form-data; name=a"
        #expect(try limitError(part(header, "x")))
        let padding = String(repeating: "x", count: 70_000)
        #expect(try limitError(padding + "\r\n" + field("a", "x") + "--b--"))
        #expect(try limitError(field("a", "x") + "--b--" + padding))
        #expect(try limitError(String(repeating: "\r", count: 70_000)))
    }

    @Test(arguments: [
        ("multipart/form-data; boundary=abc", "abc"), ("Multipart/Form-Data;BOUNDARY=\"a b?c\"", "a b?c"),
        ("multipart/form-data; charset=utf-8; boundary=----WebKitFormBoundaryX", "----WebKitFormBoundaryX"),
        ("multipart/form-data; boundary=" + String(repeating: "x", count: 70), String(repeating: "x", count: 70)),
    ])
    func `a boundary is read from its header`(header: String, boundary: String) throws {
        #expect(MultipartParser.isForm(contentType: header))
        #expect(try MultipartParser.boundary(ofContentType: header) == Array(boundary.utf8))
    }

    @Test(arguments: [
        "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\"\"",
        "multipart/form-data; boundary=" + String(repeating: "x", count: 71), "multipart/form-data; boundary=\"a \"",
        "multipart/form-data; boundary=a; boundary=b", "multipart/form-data; boundary=\"a", "text/plain; boundary=a",
        "multipart/form-data; boundary=a\"b", "multipart/form-data; boundary=é",
        "multipart/form-data; boundary=\"a\rb\"",
    ])
    func `a header without a usable boundary is refused`(header: String) throws {
        #expect(throws: MultipartError.self) { try MultipartParser.boundary(ofContentType: header) }
    }
}
