// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import Testing

@testable import FerryApp

@Suite struct FieldReaderTests {
    private static let picture: JSONValue = .string(#filePath)

    private func read(_ members: JSONObject) throws -> Everything {
        var members = members
        if members["image"] == nil { members["image"] = Self.picture }
        return try FieldReader().value(Everything.self, from: .object(members))
    }

    private func refusal(_ members: JSONObject) throws -> String {
        let failure = #expect(throws: AppFailure.self) { try read(members) }
        #expect(failure?.code == .invalidInput)
        return try #require(failure).message
    }

    @Test func `what is not given has its default`() throws {
        let input = try read([:])
        #expect(input.width == 640)
        #expect(input.strength == 0.5)
        #expect(input.small == nil && input.note == nil && input.mask == nil && input.mainBox == nil)
        #expect(input.mode == .fast && input.turn == .none && input.boxes.isEmpty && input.plain)
        #expect(input.extra == [:] && input.plainNote == nil)
        #expect(input.image.json["path"] == Self.picture)
    }

    @Test func `what is given is read`() throws {
        let input = try read([
            "width": 10, "strength": 1, "small": 9, "note": "é", "mode": "thorough", "turn": 90,
            "boxes": [["left": 3], ["left": 4, "label": "b"]], "main_box": ["left": 0], "weights": ["aB": 2.5],
            "extra": ["k": [1, nil, 9_007_199_254_740_993]], "large": 9_007_199_254_740_993, "plain": false,
            "plain_note": "n", "more_pictures": [Self.picture, ["path": Self.picture, "filename": "x.png"]],
            "unknown": 1,
        ])
        #expect(input.width == 10 && input.strength == 1 && input.small == 9 && input.note == "é")
        #expect(input.mode == .thorough && input.turn == .quarter && !input.plain && input.plainNote == "n")
        #expect(input.boxes.map(\.left) == [3, 4])
        #expect(input.boxes.map(\.label) == ["box", "b"])
        #expect(input.mainBox?.left == 0)
        #expect(input.weights == ["aB": 2.5])
        #expect(input.extra["k"]?[2] == 9_007_199_254_740_993)
        #expect(input.large == 9_007_199_254_740_993)
        #expect(input.morePictures.map(\.filename).last == "x.png")
    }

    @Test func `null stands for the default and for an optional's nil`() throws {
        let input = try read(["width": nil, "note": nil, "mask": nil, "plain": nil, "plain_note": nil, "boxes": nil])
        #expect(input.width == 640 && input.note == nil && input.plain && input.boxes.isEmpty)
    }

    @Test(arguments: ["", [:], nil] as [JSONValue])
    func `an optional file that is nothing is nil, and a required one is missing`(nothing: JSONValue) throws {
        #expect(try read(["mask": nothing]).mask == nil)
        #expect(try refusal(["image": nothing]) == "image is missing")
    }

    @Test(
        arguments: [
            (["width": 0], "width must be an integer from 1 to 16384"),
            (["width": 16385], "width must be an integer from 1 to 16384"),
            (["width": "10"], "width must be an integer from 1 to 16384"), (["width": 1.5], "width must be an integer"),
            (["strength": -0.1], "strength must be a number from 0.0 to 1.5"),
            (["small": 10], "small must be an integer of at most 9"),
            (["small": -1], "small must be an integer from 0 to 255"),
            (["note": 7], "note must be a string, not integer"), (["plain": 1], "plain must be a boolean, not integer"),
            (["mode": "slow"], "mode must be one of fast, thorough"), (["turn": 45], "turn must be 0, 90 or 180"),
            (["boxes": ["left": 1]], "boxes must be an array, not object"),
            (["boxes": [["left": 1], ["left": -1]]], "/boxes/1/left must be an integer of at least 0"),
            (["boxes": [["label": "x"]]], "/boxes/0/left is missing"),
            (["boxes": [7]], "/boxes/0 must be an object, not integer"),
            (["weights": ["a": 11]], "/weights/a must be a number from 0 to 10"),
            (["weights": ["a/b": "x"]], "/weights/a~1b must be a number from 0 to 10"),
            (["image": ["path": "/nowhere/at/all", "filename": "cat.png"]], "image: cat.png does not exist"),
            (["more_pictures": [["path": "/nowhere/at/all"]]], "/more_pictures/0: all does not exist"),
            (["large": 1.5], "large must be an integer"), (["large": 1e300], "large must be an integer"),
        ] as [(JSONObject, String)])
    func `what does not fit is refused by its place`(members: JSONObject, message: String) throws {
        #expect(try refusal(members) == message)
    }

    @Test func `an input that is no object is refused`() {
        let failure = #expect(throws: AppFailure.self) { try FieldReader().value(Everything.self, from: [1]) }
        #expect(failure?.message == "the input must be an object, not array")
    }

    @Test func `an input goes through other coders too`() throws {
        var input = try read(["extra": ["a": [1, 2.5, nil, true, "x"]]])
        input.note = "n"
        let data = try JSONEncoder().encode(input)
        let again = try JSONDecoder().decode(Everything.self, from: data)
        #expect(again.note == "n" && again.width == 640 && again.extra == input.extra)
    }
}
