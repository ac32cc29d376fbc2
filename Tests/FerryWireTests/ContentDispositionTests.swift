// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

@Suite("Content-Disposition")
struct ContentDispositionTests {
    @Test(
        "a plain name needs one form, others two (rows 27, 28)",
        arguments: [
            ("photo.png", #"attachment; filename="photo.png""#),
            ("a b;c=d.txt", #"attachment; filename="a b;c=d.txt""#),
            ("a\"b", #"attachment; filename="a\"b"; filename*=UTF-8''a%22b"#),
            (
                "résumé €.pdf",
                #"attachment; filename="r_sum_ _.pdf"; filename*=UTF-8''r%C3%A9sum%C3%A9%20%E2%82%AC.pdf"#
            ),
            ("100%.txt", #"attachment; filename="100%.txt"; filename*=UTF-8''100%25.txt"#),
            ("a\r\nX: y", #"attachment; filename="aX: y""#),
            ("-rf", #"attachment; filename="-rf""#), ("", #"attachment; filename="""#),
        ])
    func writing(name: String, header: String) {
        #expect(ContentDisposition.header(filename: name, isInline: false) == header)
        #expect(ContentDisposition.header(filename: name, isInline: true) == "inline" + header.dropFirst(10))
    }

    @Test("what is written is ASCII without line ends, and is read back the same")
    func roundTrip() {
        var random = SeededGenerator(seed: 12)
        for _ in 0..<3000 {
            let name = random.text(20)
            let header = ContentDisposition.header(filename: name, isInline: Bool.random(using: &random))
            #expect(header.utf8.allSatisfy { (0x20..<0x7F).contains($0) }, "\(header.debugDescription)")
            let kept = name.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }
            let expected = Array(String(String.UnicodeScalarView(kept)).utf8)
            #expect(ContentDisposition.filename(in: header).map { Array($0.utf8) } == expected, "\(header)")
        }
    }

    @Test(
        "the examples of RFC 6266 and RFC 8187 are read",
        arguments: [
            (#"Attachment; filename=example.html"#, "example.html"),
            (#"INLINE; FILENAME= "an example.html""#, "an example.html"),
            (#"attachment; filename*= UTF-8''%e2%82%ac%20rates"#, "€ rates"),
            (#"attachment; filename="EURO rates"; filename*=utf-8''%e2%82%ac%20rates"#, "€ rates"),
            (#"attachment; filename*=UTF-8''%c2%a3%20and%20%e2%82%ac%20rates"#, "£ and € rates"),
            (#"attachment; filename*=UTF-8'en'a%20b; filename="c""#, "a b"),
        ])
    func examples(header: String, name: String) {
        #expect(ContentDisposition.filename(in: header) == name)
    }

    @Test(
        "odd headers are read as browsers do",
        arguments: [
            (#"attachment; filename="a;b\"c\\d""#, #"a;b"c\d"#), ("attachment;filename=a.txt ;x=y", "a.txt"),
            (#"attachment; x="filename=z"; filename=y"#, "y"), ("filename=a.txt", nil), ("attachment", nil), ("", nil),
            ("attachment; filename", nil), (#"attachment; filename="open"#, "open"), ("attachment; filename=", ""),
            (#"attachment; filename*=UTF-8''%FF; filename="plain""#, "plain"),
            (#"attachment; filename*=iso-8859-1'en'%A3%20rates; filename="plain""#, "plain"),
            (#"attachment; filename*=UTF-8''%E9; filename*=UTF-8''b"#, "b"),
            (#"attachment; filename="../../etc/passwd""#, "../../etc/passwd"),
        ] as [(String, String?)])
    func oddHeaders(header: String, name: String?) {
        #expect(ContentDisposition.filename(in: header) == name)
    }

    @Test("any text is read without harm")
    func robustness() {
        var random = SeededGenerator(seed: 13)
        var found = 0
        for _ in 0..<3000 {
            let header =
                "attachment;" + ["filename=", "filename*=UTF-8''", ""].randomElement(using: &random)! + random.text(20)
            if ContentDisposition.filename(in: header) != nil { found += 1 }
        }
        #expect(found > 100)
    }
}
