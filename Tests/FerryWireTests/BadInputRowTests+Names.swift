// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

extension BadInputRowTests {
    private func expectRefused(name: String) {
        let error = #expect(throws: Filename.Refusal.self) { try Filename.label(name) }
        #expect(error?.description.contains("filename") == true)
        #expect(error?.description.utf8.count ?? .max < 100)
    }

    /// What is safe on any disk: one component, nothing reserved.
    private func expectSafe(_ name: String) {
        #expect((1...255).contains(name.utf8.count))
        #expect(!name.utf8.contains { $0 < 0x20 || $0 == 0x7F || "/\\:*?\"<>|".utf8.contains($0) })
        #expect(name != "." && name != ".." && name.utf8.last != UInt8(ascii: ".") && name.utf8.last != 0x20)
    }

    @Test(
        "row 21: a path with dots is a label without it",
        arguments: ["../../etc/passwd", "a/../../passwd", "./passwd", "..//passwd"])
    func row21(name: String) throws { #expect(try Filename.label(name) == "passwd") }

    @Test(
        "row 22: backslashes are part of a label, and of no name on disk",
        arguments: ["..\\..\\win.ini", "C:\\win.ini"])
    func row22(name: String) throws {
        #expect(try Filename.label(name) == name)
        expectSafe(Filename.safe(name))
    }

    @Test("row 23: an absolute path is its last component", arguments: ["/abs/path", "//abs//path", "/abs/path/"])
    func row23(name: String) throws { #expect(try Filename.label(name) == "path") }

    @Test(
        "row 24: what names nothing is called file",
        arguments: ["", ".", "..", "/", "///", "a/..", "\u{202E}", "\u{202E}.."])
    func row24(name: String) throws {
        #expect(try Filename.label(name) == "file")
        #expect(Filename.safe(try Filename.label(name)) == "file")
    }

    @Test("row 25: NUL is refused", arguments: ["a\0.png", "\0", "a.png\0", "a/\0b"])
    func row25(name: String) { expectRefused(name: name) }

    @Test(
        "row 26: line ends and other control characters are refused, by bytes",
        arguments: ["a\r\nSet-Cookie: x=1", "a\nb", "a\rb", "\u{1B}[31m", "a\u{7F}", "a\tb", "a\u{301}\r\nb"])
    func row26(name: String) {
        expectRefused(name: name)
        let header = ContentDisposition.header(filename: name, isInline: false)
        #expect(header.utf8.allSatisfy { (0x20..<0x7F).contains($0) })
    }

    @Test(
        "row 27: quotes and backslashes are escaped in both forms",
        arguments: ["a\";b=\\\"", "\\", "\\\\", "\"", "a\"b"])
    func row27(name: String) {
        let header = ContentDisposition.header(filename: name, isInline: false)
        let plain = name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        let extended = name.replacing("\"", with: "%22").replacing(";", with: "%3B").replacing("=", with: "%3D")
            .replacing("\\", with: "%5C")
        #expect(header == "attachment; filename=\"\(plain)\"; filename*=UTF-8''\(extended)")
        #expect(ContentDisposition.filename(in: header) == name)
        #expect(ContentDisposition.filename(in: "attachment; filename=\"\(plain)\"") == name)
    }

    @Test(
        "row 28: a name outside ASCII has a fallback and its UTF-8",
        arguments: [
            ("résumé €.pdf", "r_sum_ _.pdf", "r%C3%A9sum%C3%A9%20%E2%82%AC.pdf"), ("💾", "_", "%F0%9F%92%BE"),
            ("e\u{301}", "e_", "e%CC%81"),
        ])
    func row28(name: String, plain: String, extended: String) {
        let header = ContentDisposition.header(filename: name, isInline: false)
        #expect(header == "attachment; filename=\"\(plain)\"; filename*=UTF-8''\(extended)")
        #expect(ContentDisposition.filename(in: header).map { Array($0.utf8) } == Array(name.utf8))
    }

    @Test(
        "row 29: marks of direction are no part of a label",
        arguments: [
            ("\u{202E}gpj.exe", "gpj.exe"), ("gpj\u{202E}.exe", "gpj.exe"), ("\u{200F}a\u{2066}b\u{2069}", "ab"),
            ("\u{61C}a\u{200E}", "a"),
        ])
    func row29(name: String, label: String) throws {
        #expect(try Array(Filename.label(name).utf8) == Array(label.utf8))
        #expect(Array(Filename.safe(name).utf8) == Array(label.utf8))
    }

    @Test(
        "row 30: a slash under a combining mark is refused",
        arguments: ["a/\u{338}b", "a/\u{301}", "/\u{338}", "/\u{20DD}x"])
    func row30(name: String) { expectRefused(name: name) }

    @Test("row 31: 255 bytes are kept, 256 are cut on a scalar, 64 KB are refused", arguments: ["a", "é", "€", "💾"])
    func row31(letter: String) throws {
        let size = letter.utf8.count
        let exact = String(repeating: letter, count: 255 / size) + String(repeating: "b", count: 255 % size)
        #expect(exact.utf8.count == 255)
        #expect(try Filename.label(exact) == exact)
        let beyond = String(repeating: letter, count: 255 / size + 1)
        #expect(try Filename.label(beyond) == String(repeating: letter, count: 255 / size))
        expectRefused(name: String(repeating: letter, count: 65_536 / size))
    }

    @Test(
        "row 32: composed and decomposed names are two labels",
        arguments: [("\u{E9}", "e\u{301}"), ("\u{AC00}", "\u{1100}\u{1161}")])
    func row32(composed: String, decomposed: String) throws {
        #expect(composed == decomposed)
        #expect(try Array(Filename.label(composed).utf8) == Array(composed.utf8))
        #expect(try Array(Filename.label(decomposed).utf8) == Array(decomposed.utf8))
        let uris = [composed, decomposed].map {
            FileURI(id: String(repeating: "a", count: 26), filename: $0).description
        }
        #expect(uris[0] != uris[1])
    }

    @Test(
        "row 33: invalid UTF-8 and lone surrogates are refused",
        arguments: [[0xFF], [0xC3], [0xED, 0xA0, 0x80], Array("\\ud800".utf8), Array("\\udc00x".utf8)] as [[UInt8]])
    func row33(name: [UInt8]) {
        let text = Array("{\"filename\":\"".utf8) + name + Array("\"}".utf8)
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: text) }
        let id = String(repeating: "a", count: 26)
        #expect(FileURI("inf://files/\(id)/%FF") == nil)
    }

    @Test(
        "row 34: names that Windows reserves are safe to create",
        arguments: [
            ("CON", "_CON"), ("nul.txt", "_nul.txt"), ("a:ads", "a_ads"), ("a. ", "a"), ("a ", "a"), ("com1", "_com1"),
            ("LPT9.tar.gz", "_LPT9.tar.gz"), ("con .txt", "_con .txt"), ("COM\u{B9}", "_COM\u{B9}"),
            ("conin$", "_conin$"), ("CONSOLE", "CONSOLE"), ("COM0", "COM0"),
        ])
    func row34(name: String, safe: String) throws {
        #expect(try Filename.label(name) == name)
        #expect(Filename.safe(name) == safe)
        expectSafe(Filename.safe(name))
    }

    @Test("row 35: a name that looks like an option is a name", arguments: ["-rf", "--output=x", "-", "--"])
    func row35(name: String) throws {
        #expect(try Filename.label(name) == name)
        #expect(Filename.safe(name) == name)
    }

    @Test(
        "row 36: a name that looks like a formula or command is literal text",
        arguments: ["=cmd()", "$(id)", "`id`", "a;b&c", "+1"])
    func row36(name: String) throws {
        #expect(try Filename.label(name) == name)
        #expect(ContentDisposition.filename(in: ContentDisposition.header(filename: name, isInline: false)) == name)
    }

    @Test(
        "row 37: names with a meaning to web servers are opaque",
        arguments: [".htaccess", ".env", "x.php.jpg", "a.shtml"])
    func row37(name: String) throws {
        #expect(try Filename.label(name) == name)
        #expect(Filename.safe(name) == name)
        #expect(MediaType(filename: name)?.isActive != true || name == "a.shtml")
        #expect(Filename.isForWebServers(name))
        for plain in ["photo.jpg", "a.b.txt", "php", "php.txt", "file"] { #expect(!Filename.isForWebServers(plain)) }
    }

    @Test(
        "row 38: escapes are decoded once, and make no path",
        arguments: [
            ("%2e%2e%2f", "../"), ("%252e", "%2e"), ("%2e%2e%2fetc%2fpasswd", "../etc/passwd"), ("a%2Fb", "a/b"),
        ])
    func row38(name: String, decoded: String) throws {
        #expect(try Filename.label(name) == name)
        #expect(PercentEncoding.decode(name) == decoded)
        let uri = try #require(FileURI("inf://files/\(String(repeating: "a", count: 26))/\(name)"))
        #expect(uri.filename == decoded)
        #expect(try !Filename.label(uri.filename).utf8.contains(UInt8(ascii: "/")))
        #expect(!uri.description.utf8.dropFirst("inf://files/".utf8.count + 27).contains(UInt8(ascii: "/")))
    }
}
