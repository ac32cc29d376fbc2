// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

@Suite("JSON serializer")
struct JSONSerializerTests {
    @Test("what is written is read back the same")
    func roundTrip() throws {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<3000 {
            let value = random.json(depth: 4)
            #expect(try JSONValue(parsing: value.serialized()) == value, "\(value)")
        }
    }

    @Test("output is one line without the scalars that line-based readers split at")
    func oneLine() {
        var random = SeededGenerator(seed: 2)
        for _ in 0..<1000 {
            let text = random.json(depth: 3).description
            #expect(!text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F || $0.value == 0x85 })
            #expect(!text.unicodeScalars.contains { $0.value == 0x2028 || $0.value == 0x2029 })
        }
        #expect(
            JSONValue.string("a\u{2028}b\u{2029}\u{85}\u{0}\u{7F}").description
                == #""a\u2028b\u2029\u0085\u0000\u007f""#)
    }

    @Test("text is compact, with members in their order")
    func form() {
        let value: JSONValue = ["b": [1, -2.5, nil, true], "a": ["é\"\\/\n": ""], "": 1e100]
        #expect(value.description == #"{"b":[1,-2.5,null,true],"a":{"é\"\\/\n":""},"":1e+100}"#)
    }

    @Test("a double stays a double, an integer an integer")
    func numbers() throws {
        #expect(try JSONValue(parsing: JSONValue.double(3).serialized()) == .double(3))
        #expect(try JSONValue(parsing: JSONValue.integer(3).serialized()) == .integer(3))
        #expect(JSONValue.double(.nan).description == "null")
        #expect(JSONValue.double(-.infinity).description == "null")
        for value in [Double.leastNonzeroMagnitude, .greatestFiniteMagnitude, .pi, -0.1, 1e21] {
            #expect(try json(JSONValue.double(value).description) == .double(value))
        }
    }

    @Test("objects are equal whatever the order, and their hashes agree")
    func objects() {
        let one: JSONObject = ["a": 1, "b": [2], "c": nil]
        let other: JSONObject = ["c": nil, "a": 1, "b": [2]]
        #expect(one == other)
        #expect(one.hashValue == other.hashValue)
        #expect(one != ["a": 1, "b": [2]])
        #expect(one != ["a": 1, "b": [2], "d": nil])
    }

    @Test("members are set, changed and removed by the bytes of their names")
    func members() {
        var object: JSONObject = ["é": 1]
        object["e\u{301}"] = 2
        #expect(object.count == 2)
        object["é"] = nil
        #expect(object.keys == ["e\u{301}"])
        #expect(object["e\u{301}"] == 2)
        object["x"] = .null
        #expect(object["x"] == .null)
        #expect(JSONObject(members: [("a", 1), ("b", 2), ("a", 3)]) == ["a": 3, "b": 2])
    }

    @Test("a pointer is written as RFC 6901 says")
    func pointers() {
        #expect(JSONPointer.root.description == "")
        #expect(
            JSONPointer.root.appending("a/b").appending(0).appending("m~n").appending("").description == "/a~1b/0/m~0n/"
        )
    }
}

@Suite struct JSONObjectEqualityTests {
    @Test func `objects are equal in any order, and large ones in no time`() {
        let names = (0..<100_000).map { "member-\($0)" }
        let forward = JSONValue(largeObject: names)
        let backward = JSONValue(largeObject: names.reversed())
        let elapsed = ContinuousClock().measure { #expect(forward == backward) }
        #expect(elapsed < .seconds(20), "the square of the size would take minutes")
        #expect(forward != JSONValue(largeObject: names.dropLast() + ["other"]))
        #expect(JSONValue.object(["a": 1, "b": 2]) == ["b": 2, "a": 1])
        #expect(JSONValue.object(["é": 1]) != ["e\u{301}": 1])
    }
}

extension JSONValue {
    /// An object made by the parser, which is quick for any number of members.
    fileprivate init(largeObject names: [String]) {
        let text = "{" + names.map { "\"\($0)\":1" }.joined(separator: ",") + "}"
        self = (try? JSONValue(parsing: text)) ?? .null
    }
}
