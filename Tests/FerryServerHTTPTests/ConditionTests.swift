// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import HTTPTypes
import Testing

@testable import FerryServerHTTP

struct ConditionTests {
    private static let changed = 784_111_777
    private let conditions = Preconditions(
        entityTag: "\"abc\"", lastModified: Timestamp(microseconds: Int64(changed) * 1_000_000 + 500_000))

    private static func date(_ offset: Int) -> String { HTTPDate.format(Timestamp(seconds: Int64(changed + offset))) }

    @Test(arguments: [
        ("\"abc\"", true), ("W/\"abc\"", false), ("\"abd\"", false), ("abc", false), ("*", false), ("", false),
        (date(0), false), (date(1000), false), (date(-1000), false), ("\"ABC\"", false), ("\"abc\", \"x\"", false),
    ])
    func `a range applies only to this very version`(value: String, applies: Bool) {
        #expect(conditions.allowsRange([.ifRange: value]) == applies)
    }

    @Test func `a range without a condition applies`() {
        #expect(conditions.allowsRange([:]))
    }

    @Test(arguments: [
        ("\"abc\"", true), ("W/\"abc\"", true), ("*", true), ("\"x\", \"abc\"", true), ("\"x\",W/\"abc\" ,\"y\"", true),
        ("\"x\"", false), ("abc", false), ("", false), ("\"ab\",\"c\"", false),
    ])
    func `who has this version is told so`(value: String, has: Bool) {
        #expect(conditions.evaluate([.ifNoneMatch: value]) == (has ? .notModified : .proceed))
    }

    @Test(arguments: [
        ("\"abc\"", true), ("*", true), ("\"x\", \"abc\"", true), ("W/\"abc\"", false), ("\"x\"", false), ("", false),
    ])
    func `who wants one version alone gets it or nothing`(value: String, matches: Bool) {
        #expect(conditions.evaluate([.ifMatch: value]) == (matches ? .proceed : .failed))
    }

    @Test func `dates are compared by the second`() {
        #expect(conditions.evaluate([.ifModifiedSince: Self.date(0)]) == .notModified)
        #expect(conditions.evaluate([.ifModifiedSince: Self.date(1)]) == .notModified)
        #expect(conditions.evaluate([.ifModifiedSince: Self.date(-1)]) == .proceed)
        #expect(conditions.evaluate([.ifUnmodifiedSince: Self.date(0)]) == .proceed)
        #expect(conditions.evaluate([.ifUnmodifiedSince: Self.date(-1)]) == .failed)
    }

    @Test func `a tag goes before a date and what is no date is ignored`() {
        #expect(conditions.evaluate([.ifNoneMatch: "\"x\"", .ifModifiedSince: Self.date(10)]) == .proceed)
        #expect(conditions.evaluate([.ifMatch: "\"abc\"", .ifUnmodifiedSince: Self.date(-10)]) == .proceed)
        #expect(conditions.evaluate([.ifModifiedSince: "yesterday"]) == .proceed)
        #expect(conditions.evaluate([.ifUnmodifiedSince: "yesterday"]) == .proceed)
        #expect(conditions.evaluate([:]) == .proceed)
    }

    @Test(
        arguments: [
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (-1, "Wed, 31 Dec 1969 23:59:59 GMT"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (1_767_225_600, "Thu, 01 Jan 2026 00:00:00 GMT"), (4_102_444_799, "Thu, 31 Dec 2099 23:59:59 GMT"),
        ] as [(Int64, String)])
    func `dates read as they are written`(seconds: Int64, text: String) {
        #expect(HTTPDate.format(Timestamp(seconds: seconds)) == text)
        #expect(HTTPDate.parse(text) == Timestamp(seconds: seconds))
    }

    @Test(arguments: [
        "", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 25:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 +0000", "Sun, 06 Foo 1994 08:49:37 GMT",
        "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37", "1994-11-06T08:49:37Z",
    ])
    func `what is no date in the one form is none`(text: String) {
        #expect(HTTPDate.parse(text) == nil)
    }

    private static let hex = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    private static let base64 = "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="

    @Test func `a digest is written as a structured field`() {
        #expect(DigestHeader.value(sha256: Self.hex) == "sha-256=:\(Self.base64):")
    }

    @Test(arguments: [
        "sha-256=:\(base64):", "SHA-256=:\(base64):", "md5=:AAAA:, sha-256=:\(base64):", " sha-256=:\(base64): ",
        "sha-512=:AAAA:,sha-256=:\(base64):,x=:y:", "sha-256= :\(base64):",
    ])
    func `a digest is found among others`(header: String) throws {
        #expect(try DigestHeader.sha256(in: header) == Self.hex)
    }

    @Test(arguments: ["", "md5=:AAAA:", "sha-512=:AAAA:", "sha-2567", ":::", "sha256=:\(base64):"])
    func `a header without that digest gives none`(header: String) throws {
        #expect(try DigestHeader.sha256(in: header) == nil)
    }

    @Test(arguments: [
        "sha-256", "SHA-256;x=1", "md5=:AAAA:, sha-256", "sha-256=", "sha-256=\(base64)", "sha-256=:\(base64)",
        "sha-256=::", "sha-256=:AAAA:", "sha-256=:\(hex):",
        "sha-256=:\(base64.dropLast()):", "sha-256=:*:",
    ])
    func `a malformed digest is an error and not ignored`(header: String) {
        let error = #expect(throws: ServerError.self) { try DigestHeader.sha256(in: header) }
        #expect(error?.code == .invalidRequest)
    }
}
