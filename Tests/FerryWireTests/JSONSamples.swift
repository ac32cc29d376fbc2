// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// Random numbers that are the same for the same seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (state ^ (state >> 31)) &* 0x9E37_79B9_7F4A_7C15
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &self) }
    }

    /// Text out of scalars that are known to make trouble, and others.
    mutating func text(_ maximumLength: Int = 12) -> String {
        let odd: [Unicode.Scalar] = [
            "\"", "\\", "/", "\u{0}", "\n", "\r", "\t", "\u{1F}", "\u{7F}", "\u{85}", "é", "e", "\u{301}", "\u{338}",
            "€", "💾", "\u{2028}", "\u{2029}", "\u{FEFF}", "\u{FFFF}", "\u{10FFFF}", "'", "%", ";", ",", "=", " ", "a",
            "\u{202E}", "*", ".", "~", "+", "Z", "0",
        ]
        var scalars = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...maximumLength, using: &self) {
            scalars.append(odd[Int.random(in: odd.indices, using: &self)])
        }
        return String(scalars)
    }

    /// A JSON value of at most that depth.
    mutating func json(depth: Int) -> JSONValue {
        switch Int.random(in: 0...(depth > 0 ? 8 : 6), using: &self) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &self))
        case 2: return .integer(Int64(bitPattern: next()))
        case 3: return .integer(Int64.random(in: -1000...1000, using: &self))
        case 4:
            let value = Double(bitPattern: next())
            return .double(value.isFinite ? value : 0.5)
        case 5, 6: return .string(text())
        case 7: return .array((0..<Int.random(in: 0...4, using: &self)).map { _ in json(depth: depth - 1) })
        default:
            let members = (0..<Int.random(in: 0...4, using: &self)).map { _ in (text(4), json(depth: depth - 1)) }
            return .object(JSONObject(members: members))
        }
    }
}

/// Parses text that is expected to be JSON.
func json(_ text: String) throws -> JSONValue { try JSONValue(parsing: text) }
