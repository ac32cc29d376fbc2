// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import Testing

@Suite(.timeLimit(.minutes(2))) struct HostileImageTests {
    private static let photograph = TestImage.photograph(width: 300, height: 200)

    @Test(
        arguments: [
            ("no bytes", []), ("text", Array("just a text\n".utf8)), ("PDF", Array("%PDF-1.4\n1 0 obj\n".utf8)),
            ("SVG", Array("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"/>".utf8)),
            ("a script", Array("%!PS-Adobe-3.0\n".utf8)), ("a matrix", Array("2 2\n1 2\n3 4\n".utf8)),
            ("a pixel map", Array("P6 2 2 255\n012301230123".utf8)), ("zeros", [UInt8](repeating: 0, count: 4096)),
        ] as [(String, [UInt8])])
    func `what is no image is refused by name`(kind: String, bytes: [UInt8]) async throws {
        try await BuiltinApps.with { apps in
            let text = try await apps.refusal(try apps.put(bytes, as: "holiday.png"), ["width": 10])
            #expect(text.hasPrefix("holiday.png is not an image that can be read: "), "\(kind)")
            #expect(try await apps.process(try apps.put(Self.photograph, as: "good.png"))["width"] == 300)
        }
    }

    @Test(arguments: ["jpeg", "png", "webp", "gif", "tiff"], [[:], ["width": 40]] as [JSONObject])
    func `a truncated image is refused, never half grey`(format: String, options: JSONObject) async throws {
        try await BuiltinApps.with { apps in
            let whole = try await apps.process(try apps.put(Self.photograph, as: "a.png"), ["format": .string(format)])
            let bytes = try apps.bytes(whole["image"])
            let cut = try apps.put(bytes.prefix(bytes.count * 2 / 3), as: "cut.\(format)")
            #expect(try await apps.refusal(cut, options).hasPrefix("cut.\(format) is damaged or cannot be converted: "))
        }
    }

    @Test func `a damaged image is refused`() async throws {
        try await BuiltinApps.with { apps in
            var bytes = Self.photograph
            bytes[bytes.count / 2] ^= 0xFF
            let text = try await apps.refusal(try apps.put(bytes, as: "spoiled.png"))
            #expect(text.hasPrefix("spoiled.png is damaged"))
        }
    }

    @Test func `a pixel bomb is refused by its header`() async throws {
        try await BuiltinApps.with { apps in
            let bomb = TestImage.png(width: 50_000, height: 50_000, rows: [UInt8](repeating: 0, count: 1000))
            let text = try await apps.refusal(try apps.put(bomb, as: "bomb.png"), ["width": 10])
            #expect(
                text == """
                    bomb.png is too large: it has 2500000000 pixels (50000 by 50000), \
                    and at most 100000000 are allowed
                    """)
        }
    }

    @Test func `a result that would be a pixel bomb is refused`() async throws {
        try await BuiltinApps.with { apps in
            let thin = try apps.put(TestImage.photograph(width: 2, height: 400), as: "thin.png")
            let text = try await apps.refusal(thin, ["width": 16384, "enlarge": true])
            #expect(text.hasPrefix("thin.png is too large: the result would have "))
            let long = try apps.put(TestImage.photograph(width: 400, height: 2), as: "long.png")
            let side = try await apps.refusal(long, ["width": 16384, "enlarge": true, "format": "webp"])
            #expect(side.hasSuffix("this format holds at most 16383 a side"))
        }
    }

    @Test(
        arguments: [
            (["width": 0], "width must be an integer from 1 to 16384"),
            (["height": 16385], "height must be an integer"),
            (["width": 1.5], "width must be an integer"),
            (["quality": 101], "quality must be an integer from 1 to 100"),
            (["rotate": 45], "rotate must be 0, 90, 180 or 270"), (["strip_metadata": "yes"], "strip_metadata must be"),
            (["format": "svg"], "format must be one of jpeg, png, webp, gif, tiff"),
        ] as [(JSONObject, String)])
    func `a value outside its bounds is refused by the field's name`(
        options: JSONObject, beginning: String
    ) async throws {
        try await BuiltinApps.with { apps in
            let text = try await apps.refusal(try apps.put(Self.photograph, as: "a.png"), options)
            #expect(text.hasPrefix(beginning))
        }
    }

    @Test func `a missing image and a missing file are refused`() async throws {
        try await BuiltinApps.with { (apps) async throws in
            #expect(try await apps.refusal(nil) == "image is missing")
            let gone: JSONValue = ["path": .string("\(apps.folder.path)/in/gone"), "filename": "gone.png"]
            #expect(try await apps.refusal(gone) == "image: gone.png does not exist")
        }
    }

    @Test func `a name cannot lead out of the output folder or hold options`() async throws {
        try await BuiltinApps.with { apps in
            for name in ["../../escape.png", "odd[n=-1].png", ".png", String(repeating: "é", count: 120) + ".png"] {
                let output = try await apps.process(try apps.put(Self.photograph, as: name), ["width": 10])
                #expect(try apps.bytes(output["image"]).count > 0)
                #expect(output["image"]?["filename"]?.stringValue?.utf8.contains(UInt8(ascii: "/")) == false)
            }
        }
    }
}
