// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

@Suite("File addresses, app references and routes")
struct ReferenceTests {
    static let id = "2khet2d4p6z26krbtvn2d7rkth"

    @Test(
        "a file's address is read in every form, with its name decoded",
        arguments: [
            ("inf://files/\(id)", ""), ("inf://files/\(id)/", ""), ("inf://files/\(id)/photo.png", "photo.png"),
            ("inf://files/\(id)/r%C3%A9sum%C3%A9%20%E2%82%AC.pdf", "résumé €.pdf"), ("inf://files/\(id)/a%2Fb", "a/b"),
            ("inf://files/\(id)/a/b", "a/b"), ("inf-files://\(id)", ""), ("inf-files://\(id)/a.txt", "a.txt"),
            ("inf-files://files/\(id)/a.txt", "a.txt"), ("inf://files/\(id)/100%", "100%"),
        ])
    func fileAddresses(text: String, name: String) throws {
        let uri = try #require(FileURI(text))
        #expect(uri.id == Self.id)
        #expect(uri.filename == name)
        #expect(FileURI.hasScheme(text))
        #expect(FileURI(uri.description) == uri)
    }

    @Test(
        "what is no file's address is refused",
        arguments: [
            "", "inf://", "inf://files", "inf://files/", "inf://files//x", "inf://files/short/x", "inf://file/\(id)",
            "inf://files/../\(id)", "INF://files/\(id)", "inf:files/\(id)", "http://files/\(id)", "inf://files/\(id)?x",
            "inf://files/\(id)\0", "inf://files/\(id.uppercased())", " inf://files/\(id)", "inf://files/\(id)/%FF",
            "inf://apps/\(id)", "inf-files:\(id)", "inf://files/\(id)\u{301}",
        ])
    func noFileAddresses(text: String) {
        #expect(FileURI(text) == nil)
    }

    @Test("an address is recognised by its scheme even if it is broken")
    func schemes() {
        #expect(FileURI.hasScheme("inf://whatever"))
        #expect(FileURI.hasScheme("inf-files://"))
        #expect(!FileURI.hasScheme("inf:/x"))
        #expect(!FileURI.hasScheme("info://x"))
        #expect(!FileURI.hasScheme("/inf://x"))
    }

    @Test("an address with any name comes back")
    func fileRoundTrip() {
        var random = SeededGenerator(seed: 14)
        for _ in 0..<500 {
            let uri = FileURI(id: Identifier.random(using: &random), filename: random.text())
            let back = FileURI(uri.description)
            #expect(back?.id == uri.id)
            #expect(back.map { Array($0.filename.utf8) } == Array(uri.filename.utf8))
            #expect(uri.description.utf8.allSatisfy { (0x21..<0x7F).contains($0) })
        }
    }

    @Test(
        "an app reference has a name and perhaps more",
        arguments: [
            ("image-processor", AppReference(name: "image-processor")),
            ("ferry/image-processor", AppReference(namespace: "ferry", name: "image-processor")),
            ("app/ferry/x", AppReference(namespace: "ferry", name: "x")),
            ("app/x", AppReference(namespace: "app", name: "x")),
            ("a/b@c1", AppReference(namespace: "a", name: "b", version: "c1")),
            ("a/b@latest", AppReference(namespace: "a", name: "b")),
            ("a/b:run", AppReference(namespace: "a", name: "b", function: "run")),
            ("a/b@c:run", AppReference(namespace: "a", name: "b", version: "c", function: "run")),
            ("b@latest:run_2", AppReference(name: "b", function: "run_2")), ("A.b_c-9", AppReference(name: "A.b_c-9")),
        ])
    func appReferences(text: String, reference: AppReference) {
        #expect(AppReference(text) == reference)
        #expect(AppReference(reference.description) == reference)
    }

    @Test(
        "what is no app reference is refused",
        arguments: [
            "", "/", "a/", "/a", "a//b", "a/b/c", "app/a/b/c", "a@", "@a", "a:", ":a", "a@b@c", "a:b:c", "a:b@c", "a b",
            "../a", "a/..", ".", "..", "a/.", "é", "a\u{301}", "a/b@\u{301}", "a/b:\u{301}", "a\0", "a/b?x", "a%2Fb",
            String(repeating: "a", count: 129), "app/", "a\\b", "a\n",
        ])
    func noAppReferences(text: String) {
        #expect(AppReference(text) == nil)
    }

    @Test("a route gives its template to the server and its path to the client")
    func routes() {
        #expect(Routes.getFile.template == "/files/{id}")
        #expect(Routes.getFile.path(Self.id) == "/files/\(Self.id)")
        #expect(Routes.content.path("a", "b c/d?é") == "/content/a/b%20c%2Fd%3F%C3%A9")
        #expect(Routes.getApp.path("ns", "..") == "/apps/ns/..")
        #expect(Routes.createFiles.path() == "/files")
        #expect(Routes.run.method == "POST")
        #expect(RouteTemplate("GET", "//a//{b}/").template == "/a/{b}")
    }
}
