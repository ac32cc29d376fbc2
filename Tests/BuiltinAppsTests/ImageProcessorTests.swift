// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

@Suite(.timeLimit(.minutes(2))) struct ImageProcessorTests {
    @Test(
        arguments: [
            (["width": 100], 100, 67), (["height": 50], 75, 50), (["width": 100, "height": 30], 45, 30),
            ([:], 300, 200),
            (["width": 900], 300, 200), (["width": 600, "enlarge": true], 600, 400),
            (["width": 100, "rotate": 90], 100, 150), (["height": 100, "rotate": 270], 67, 100),
            (["width": 150, "rotate": 180], 150, 100),
        ] as [(JSONObject, Int64, Int64)])
    func `an image is fitted into the box and keeps its proportions`(
        options: JSONObject, width: Int64, height: Int64
    ) async throws {
        try await BuiltinApps.with { apps in
            let image = try apps.put(TestImage.photograph(width: 300, height: 200), as: "sea shore.png")
            let output = try await apps.process(image, options)
            #expect(output["width"]?.integerValue == width)
            #expect(output["height"]?.integerValue == height)
            #expect(output["format"] == "png")
            #expect(output["image"]?["filename"] == "sea shore.png")
            #expect(output["image"]?["content_type"] == "image/png")
            #expect(output["size"]?.integerValue == Int64(try apps.bytes(output["image"]).count))
            let facts = try await apps.inspect(output["image"] ?? nil)
            #expect(facts["width"]?.integerValue == width)
            #expect(facts["height"]?.integerValue == height)
        }
    }

    @Test(
        arguments: [
            ("jpeg", "photo.jpg", [0xFF, 0xD8, 0xFF]), ("png", "photo.png", [0x89, 0x50, 0x4E, 0x47]),
            ("webp", "photo.webp", Array("RIFF".utf8)), ("gif", "photo.gif", Array("GIF89a".utf8)),
            ("tiff", "photo.tiff", [0x49, 0x49, 0x2A, 0]),
        ] as [(String, String, [UInt8])])
    func `every format is written, and read again by its content`(
        format: String, name: String, signature: [UInt8]
    ) async throws {
        try await BuiltinApps.with { apps in
            let image = try apps.put(TestImage.photograph(width: 120, height: 80), as: "photo.png")
            let output = try await apps.process(image, ["format": .string(format)])
            #expect(output["image"]?["filename"]?.stringValue == name)
            #expect(output["image"]?["content_type"]?.stringValue == "image/\(format)")
            let bytes = try apps.bytes(output["image"])
            #expect(bytes.starts(with: signature))
            let again = try await apps.process(try apps.put(bytes, as: "misnamed.bin"), ["width": 60])
            #expect(again["format"]?.stringValue == format)
            #expect(again["width"] == 60)
            #expect(again["height"] == 40)
        }
    }

    @Test func `a quarter turn is clockwise`() async throws {
        try await BuiltinApps.with { apps in
            let red: TestImage.Colour = (255, 0, 0)
            let blue: TestImage.Colour = (0, 0, 255)
            let lying = TestImage.png(width: 8, height: 4) { x, _ in x < 4 ? red : blue }
            let standing = TestImage.png(width: 4, height: 8) { _, y in y < 4 ? red : blue }
            let turned = try await apps.process(try apps.put(lying, as: "a.png"), ["rotate": 90])
            let plain = try await apps.process(try apps.put(standing, as: "b.png"))
            #expect(try apps.bytes(turned["image"]) == apps.bytes(plain["image"]))
        }
    }

    @Test(arguments: [(3, 180), (6, 90), (8, 270)] as [(UInt8, JSONValue)])
    func `an image is turned upright by its EXIF orientation`(orientation: UInt8, degrees: JSONValue) async throws {
        try await BuiltinApps.with { apps in
            let png = try apps.put(TestImage.photograph(width: 64, height: 32), as: "a.png")
            let jpeg = try apps.bytes(try await apps.process(png, ["format": "jpeg", "strip_metadata": true])["image"])
            let tagged = try apps.put(TestImage.jpeg(jpeg, orientation: orientation), as: "tagged.jpg")
            let upright = try await apps.process(tagged, ["format": "png", "strip_metadata": true])
            let byHand = try await apps.process(
                try apps.put(jpeg, as: "plain.jpg"), ["format": "png", "strip_metadata": true, "rotate": degrees])
            #expect(upright["width"] == byHand["width"])
            #expect(try apps.bytes(upright["image"]) == apps.bytes(byHand["image"]))
            let onTop = try await apps.process(tagged, ["format": "png", "rotate": 90, "width": 16])
            #expect(onTop["width"] == 16)
            #expect(onTop["height"] == (orientation == 3 ? 32 : 8))
        }
    }

    @Test(arguments: ["jpeg", "webp"])
    func `a lower quality makes a smaller file`(format: String) async throws {
        try await BuiltinApps.with { apps in
            let image = try apps.put(TestImage.photograph(width: 300, height: 200), as: "a.png")
            var sizes: [Int64] = []
            for quality in [10, 80, 100] {
                let output = try await apps.process(
                    image, ["format": .string(format), "quality": .integer(Int64(quality))])
                sizes.append(output["size"]?.integerValue ?? 0)
            }
            let standard = try await apps.process(image, ["format": .string(format)])
            #expect(sizes[0] < sizes[1] && sizes[1] < sizes[2])
            #expect(standard["size"]?.integerValue == sizes[1])
        }
    }

    @Test func `metadata stays unless it is to be stripped`() async throws {
        try await BuiltinApps.with { apps in
            let png = try apps.put(TestImage.photograph(width: 64, height: 32), as: "a.png")
            let jpeg = try apps.bytes(try await apps.process(png, ["format": "jpeg", "strip_metadata": true])["image"])
            let tagged = try apps.put(TestImage.jpeg(jpeg, orientation: 1), as: "tagged.jpg")
            func hasEXIF(_ options: JSONObject) async throws -> Bool {
                let bytes = try apps.bytes(try await apps.process(tagged, options)["image"])
                return bytes.prefix(200).split(separator: 0).contains { $0.suffix(4).elementsEqual("Exif".utf8) }
            }
            #expect(try await hasEXIF([:]))
            #expect(try await !hasEXIF(["strip_metadata": true]))
        }
    }

    @Test func `a cancelled task stops within the image and leaves nothing`() async throws {
        try await BuiltinApps.with { apps in
            let image = try apps.put(TestImage.photograph(width: 64, height: 64), as: "a.png")
            let task = apps.start("image-processor", ["image": image, "width": 9000, "enlarge": true])
            var message = try await apps.hear()
            while (message["fraction"]?.doubleValue ?? 0) == 0 { message = try await apps.hear() }
            #expect(message["type"] == "progress")
            apps.say(["type": "cancel", "task": .string(task)])
            while message["type"] == "progress" { message = try await apps.hear() }
            #expect(message == ["type": "cancelled", "task": .string(task)])
            #expect(try apps.leftovers(of: task) == [])
            #expect(try await apps.process(image)["width"] == 64)
        }
    }
}
