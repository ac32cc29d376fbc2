// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

@Suite("Timestamps and ids")
struct TimestampTests {
    @Test("every time between the years 1 and 9999 is read back as written")
    func roundTrip() {
        var random = SeededGenerator(seed: 3)
        let range = Int64(-62_135_596_800_000_000)...253_402_300_799_999_999
        for value in [range.lowerBound, range.upperBound, 0, -1, 1, 951_782_399_999_999, 951_782_400_000_000] {
            #expect(Timestamp(rfc3339: Timestamp(microseconds: value).rfc3339)?.microseconds == value)
        }
        for _ in 0..<20_000 {
            let value = Int64.random(in: range, using: &random)
            #expect(Timestamp(rfc3339: Timestamp(microseconds: value).rfc3339)?.microseconds == value)
        }
    }

    @Test(
        "known moments",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1970-01-01T00:00:00.000001Z", 1), ("1969-12-31T23:59:59.999999Z", -1),
            ("2000-02-29T12:00:00Z", 951_825_600_000_000), ("2026-11-22T15:04:05.123456Z", 1_795_359_845_123_456),
            ("1900-03-01T00:00:00Z", -2_203_891_200_000_000), ("2038-01-19T03:14:08Z", 2_147_483_648_000_000),
        ])
    func moments(text: String, microseconds: Int64) {
        #expect(Timestamp(rfc3339: text)?.microseconds == microseconds)
        #expect(Timestamp(rfc3339: Timestamp(microseconds: microseconds).rfc3339)?.microseconds == microseconds)
    }

    @Test("the written form has six digits and a Z")
    func form() {
        #expect(Timestamp(seconds: 0).rfc3339 == "1970-01-01T00:00:00.000000Z")
        #expect(Timestamp(microseconds: 1_795_359_845_000_042).rfc3339 == "2026-11-22T15:04:05.000042Z")
        #expect(Timestamp(microseconds: -1).rfc3339 == "1969-12-31T23:59:59.999999Z")
    }

    @Test("offsets, cases and fractions are read")
    func variants() {
        let moment = Timestamp(rfc3339: "2026-11-22T15:04:05Z")
        #expect(moment != nil)
        for text in [
            "2026-11-22T16:04:05+01:00", "2026-11-22T00:34:05-14:30", "2026-11-22t15:04:05z",
            "2026-11-22T15:04:05+00:00", "2026-11-22T15:04:05-00:00", "2026-11-22T15:04:05.0Z",
            "2026-11-22T15:04:05.000000000Z", "2026-11-22T15:04:05.000000999Z", "2026-11-23T14:03:05+22:59",
        ] {
            #expect(Timestamp(rfc3339: text) == moment, "\(text)")
        }
        #expect(Timestamp(rfc3339: "2026-11-22T15:04:05.5Z")?.microseconds == 1_795_359_845_500_000)
        #expect(Timestamp(rfc3339: "2016-12-31T23:59:60Z") == Timestamp(rfc3339: "2017-01-01T00:00:00Z"))
    }

    @Test(
        "impossible and malformed times are refused",
        arguments: [
            "", "2026", "2026-11-22", "2026-11-22T15:04Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
            "2026-04-31T00:00:00Z", "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-01-00T00:00:00Z",
            "2026-01-32T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z",
            "2026-01-01T00:00:00", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00,5Z", "2026-01-01T00:00:00+1:00",
            "2026-01-01T00:00:00+01", "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+01:60", "2026-1-01T00:00:00Z",
            "+026-01-01T00:00:00Z", "2026-01-01T00:00:00Z ", " 2026-01-01T00:00:00Z", "2026-01-01T00:00:00ZZ",
            "2026-01-01T00:00:00.0000000001Z", "２０２６-01-01T00:00:00Z", "2026-01-01T00:00:00\u{301}Z",
            "-2026-01-01T00:00:00Z",
        ])
    func refused(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test("a year divisible by four is a leap year, by a hundred not, by four hundred again")
    func leapYears() {
        for (year, isLeap) in [("2024", true), ("2023", false), ("2100", false), ("2000", true), ("0004", true)] {
            #expect((Timestamp(rfc3339: "\(year)-02-29T00:00:00Z") != nil) == isLeap, "\(year)")
            #expect(Timestamp(rfc3339: "\(year)-02-28T00:00:00Z") != nil)
        }
    }

    @Test("seconds are rounded down, and time goes on")
    func arithmetic() {
        #expect(Timestamp(microseconds: 1_999_999).seconds == 1)
        #expect(Timestamp(microseconds: -1).seconds == -1)
        #expect(Timestamp(microseconds: -1_000_000).seconds == -1)
        #expect(Timestamp(seconds: 5).advanced(bySeconds: -6) == Timestamp(seconds: -1))
        #expect(Timestamp(seconds: 1) < Timestamp(microseconds: 1_000_001))
    }

    @Test("an id has 26 characters of base 32 and 128 bits that differ")
    func ids() {
        var seen = Set<String>()
        for _ in 0..<1000 {
            let id = Identifier.random()
            #expect(Identifier.isValid(id))
            #expect(id.utf8.count == 26)
            #expect(Identifier.short(id).utf8.count == 8)
            #expect(id.hasPrefix(Identifier.short(id)))
            seen.insert(id)
        }
        #expect(seen.count == 1000)
        var first = SeededGenerator(seed: 9)
        var second = SeededGenerator(seed: 9)
        #expect(Identifier.random(using: &first) == Identifier.random(using: &second))
        // Every position but the last, which carries three bits, takes every character.
        var random = SeededGenerator(seed: 10)
        let ids = (0..<3000).map { _ in Array(Identifier.random(using: &random).utf8) }
        for position in 0..<25 { #expect(Set(ids.map { $0[position] }).count == 32, "position \(position)") }
        #expect(Set(ids.map { $0[25] }).count == 8)
    }

    @Test(
        "what is no id is refused",
        arguments: [
            "", "abc", "2KHET8D1P6Z26KRBTVN9D7RKTH", String(repeating: "a", count: 27),
            String(repeating: "-", count: 26),
            String(repeating: "a", count: 25) + "\0", String(repeating: "a", count: 24) + "é",
            String(repeating: "é", count: 26),
            String(repeating: "a", count: 25) + "/", String(repeating: "a", count: 25) + ".",
            String(repeating: "a", count: 25) + "a\u{301}",
        ])
    func noIDs(text: String) {
        #expect(!Identifier.isValid(text))
    }
}
