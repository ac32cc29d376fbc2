// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

@Suite("Media types")
struct MediaTypeTests {
    @Test(
        "a type is read in lower case, with its parameters as given",
        arguments: [
            ("image/png", "image/png"), ("Image/PNG", "image/png"), (" text/plain ", "text/plain"),
            ("text/plain; charset=UTF-8", "text/plain; charset=UTF-8"), ("a/b;", "a/b"),
            ("a/b ;c=\"d;e\"", "a/b;c=\"d;e\""),
            ("application/vnd.api+json", "application/vnd.api+json"), ("x-!#$&^_.+-/y", "x-!#$&^_.+-/y"),
        ])
    func reading(text: String, description: String) throws {
        let type = try #require(MediaType(text))
        #expect(type.description == description)
        #expect(MediaType(type.description) == type)
        #expect(type.essence == description.split(separator: ";").first.map(String.init))
    }

    @Test(
        "what is no type is refused (rows 47 and 48)",
        arguments: [
            "", "garbage", "*/*", "image/*", "*/png", "a/b/c", "/b", "a/", "a b/c", "a/b\r\nX: y", "a/b\n",
            "a/b;c=\u{0}",
            "a/é", "a/b; name=é", "a /b", "(a)/b", "a/b@c", "\u{FF41}/b", "a/" + String(repeating: "b", count: 254),
        ])
    func refused(text: String) {
        #expect(MediaType(text) == nil)
    }

    @Test(
        "what a browser could run is active (rows 45 and 49)",
        arguments: [
            ("text/html", true), ("TEXT/HTML; charset=x", true), ("image/svg+xml", true), ("text/xml", true),
            ("application/xhtml+xml", true), ("text/html;charset=utf-7", true), ("text/plain;charset=UTF-7", true),
            ("text/javascript", true), ("text/css", true), ("application/wasm", true), ("model/x", true),
            ("image/x+xml", true), ("multipart/mixed", true), ("application/x-shockwave-flash", true),
            ("text/plain", false), ("text/plain; charset=utf-8", false), ("image/png", false), ("image/jpeg", false),
            ("video/mp4", false), ("audio/ogg", false), ("font/woff2", false), ("application/json", false),
            ("text/csv", false), ("application/octet-stream", false), ("application/zip", false),
        ])
    func active(text: String, isActive: Bool) throws {
        #expect(try #require(MediaType(text)).isActive == isActive)
    }

    @Test("a file name's extension gives a type, and a type its usual extension")
    func extensions() throws {
        #expect(MediaType(filename: "photo.PNG")?.description == "image/png")
        #expect(MediaType(filename: "a.tar.gz")?.description == "application/gzip")
        #expect(MediaType(filename: "x.jpeg")?.preferredExtension == "jpg")
        #expect(MediaType(filename: ".png")?.description == "image/png")
        for name in ["", "png", "a.", "a.unknown", "a.p\u{301}ng", "a.png ", "a.\u{0}"] {
            #expect(MediaType(filename: name) == nil, "\(name.debugDescription)")
        }
        #expect(MediaType.octetStream.preferredExtension == nil)
        #expect(MediaType("text/plain;charset=utf-8")?.preferredExtension == "txt")
    }
}
