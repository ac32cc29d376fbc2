// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

/// The numbers are the rows of the catalogue of bad input.
@Suite("File names")
struct FilenameTests {
    @Test(
        "a label is the last component, kept literally",
        arguments: [
            ("../../etc/passwd", "passwd"),  // 21
            ("..\\..\\win.ini", "..\\..\\win.ini"),  // 22
            ("/abs/path", "path"), ("dir/", "dir"), ("a//b", "b"),  // 23
            ("", "file"), (".", "file"), ("..", "file"), ("/", "file"), ("a/..", "file"), ("///", "file"),  // 24
            ("gpj\u{202E}.exe", "gpj.exe"), ("\u{200F}a\u{2066}b\u{2069}", "ab"), ("\u{202E}", "file"),  // 29
            ("CON", "CON"), ("nul.txt", "nul.txt"), ("a:ads", "a:ads"), ("a. ", "a. "),  // 34
            ("-rf", "-rf"), ("--output=x", "--output=x"),  // 35
            ("=cmd()", "=cmd()"), ("$(id)", "$(id)"), ("`id`", "`id`"),  // 36
            (".htaccess", ".htaccess"), ("x.php.jpg", "x.php.jpg"), ("%2e%2e%2f", "%2e%2e%2f"),
            ("résumé €.pdf", "résumé €.pdf"), ("👨‍👩‍👧.png", "👨‍👩‍👧.png"),
        ])
    func labels(name: String, label: String) throws {
        #expect(try Array(Filename.label(name).utf8) == Array(label.utf8))
    }

    @Test(
        "control characters, a slash under a combining mark and endless names are refused (rows 25, 26, 30, 31)",
        arguments: [
            "a\0.png", "a\r\nSet-Cookie: x=1", "a\nb", "\u{1B}[31m", "a\u{7F}", "a/\u{338}b", "a/\u{301}", "/\u{338}",
            String(repeating: "a", count: 65_536), String(repeating: "a/", count: 2049),
        ])
    func refused(name: String) {
        let error = #expect(throws: Filename.Refusal.self) { try Filename.label(name) }
        #expect(error?.description.contains("filename") == true)
    }

    @Test("a label has at most 255 bytes, cut on a scalar (row 31)")
    func length() throws {
        let exact = String(repeating: "a", count: 255)
        #expect(try Filename.label(exact) == exact)
        #expect(try Filename.label(exact + "b") == exact)
        #expect(try Filename.label(String(repeating: "€", count: 86)) == String(repeating: "€", count: 85))
        let cut = try Filename.label(String(repeating: "a", count: 253) + "💾")
        #expect(cut == String(repeating: "a", count: 253))
    }

    @Test("composed and decomposed names are two labels (row 32)")
    func normalization() throws {
        #expect(try Array(Filename.label("\u{E9}").utf8) == [0xC3, 0xA9])
        #expect(try Array(Filename.label("e\u{301}").utf8) == [0x65, 0xCC, 0x81])
    }

    @Test(
        "a name for the disk is safe on any system (rows 22, 34)",
        arguments: [
            ("CON", "_CON"), ("nul.txt", "_nul.txt"), ("com1.tar.gz", "_com1.tar.gz"), ("CONSOLE", "CONSOLE"),
            ("a:ads", "a_ads"), ("a/b\\c", "a_b_c"), ("..\\..\\win.ini", ".._.._win.ini"), ("a\0b\n", "a_b_"),
            ("trailing. . ", "trailing"), ("...", "file"), ("", "file"), ("..", "file"), (" ", "file"),
            ("CON. ", "_CON"),
            ("<a>|\"*?", "_a_____"), ("gpj\u{202E}.exe", "gpj.exe"), (".env", ".env"), ("-rf", "-rf"), ("é €", "é €"),
        ])
    func safeNames(label: String, safe: String) {
        #expect(Filename.safe(label) == safe)
    }

    @Test("whatever comes in, a safe name is one component of at most 255 bytes")
    func safety() {
        var random = SeededGenerator(seed: 11)
        var names = (0..<2000).map { _ in random.text(300) }
        names += ["CON." + String(repeating: "x", count: 300), "NUL." + String(repeating: "€", count: 300)]
        for name in names {
            let safe = Filename.safe(name)
            #expect((1...255).contains(safe.utf8.count), "\(safe.utf8.count) bytes")
            #expect(!safe.utf8.contains { $0 < 0x20 || $0 == 0x7F || "/\\:*?\"<>|".utf8.contains($0) })
            #expect(safe != "." && safe != ".." && safe.utf8.last != UInt8(ascii: ".") && safe.utf8.last != 0x20)
            #expect(Filename.safe(safe) == safe)
            if let label = try? Filename.label(name) {
                #expect((1...255).contains(label.utf8.count))
                #expect(!label.utf8.contains(UInt8(ascii: "/")))
                #expect((try? Filename.label(label)) == label)
            }
        }
    }
}
