// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// What the cache knows of one address: which bytes lie there, and until when that may be believed.
struct CacheRecord: Sendable, Hashable {
    /// Exact addresses remembered; one more drops the oldest.
    static let maximumVariants = 16
    private static let version: Int64 = 1

    /// SHA-256 of the bytes in hexadecimal.
    var sha256: String
    /// Bytes.
    var size: Int64
    /// Media type with parameters.
    var contentType: String
    /// A name that is safe to create.
    var filename: String
    /// The validators of the answer.
    var etag: String?
    var lastModified: String?
    /// When the server was last asked, in microseconds since 1970.
    var validated: Int64
    /// How long that is believed, in seconds; nil for ever, as for a data URI.
    var freshFor: Int64?
    /// SHA-256 of the exact addresses, signatures and all, under which the bytes were had. An address that differs
    /// in its signature alone is asked for at the server: it may be forged.
    var variants: [String]
    /// Where it came from, for people: never a query.
    var shown: String

    /// Whether a strong validator names the bytes, so that they may be asked for in parts.
    var hasStrongTag: Bool { etag.map { !$0.utf8.starts(with: "W/".utf8) } ?? false }

    /// Whether the bytes may be used without asking. Never by what was learnt in the future: some clock was wrong then.
    ///
    /// - Parameters:
    ///   - variant: SHA-256 of the exact address asked for.
    ///   - since: when the caller began to ask: what was learnt later than that is news enough.
    func isFresh(variant: String, now: Int64, since: Int64) -> Bool {
        guard variants.contains(variant) else { return false }
        guard let freshFor else { return true }
        guard validated <= now else { return false }
        return validated >= since || now - validated < freshFor * 1_000_000
    }

    /// Remembers an exact address.
    mutating func add(variant: String) {
        guard !variants.contains(variant) else { return }
        variants = Array((variants + [variant]).suffix(Self.maximumVariants))
    }
}

extension CacheRecord {
    /// Reads a record's file; nil for anything that is not wholly one.
    init?(_ bytes: [UInt8]) {
        guard let json = try? JSONValue(parsing: bytes), let reader = try? JSONReader(json),
            (try? reader.integer("version")) == Self.version,
            let sha256 = try? reader.string("sha256"), CacheFolder.isKey(sha256),
            let size = try? reader.integer("size"), size >= 0,
            let contentType = try? reader.string("content_type"), MediaType(contentType) != nil,
            let filename = try? reader.string("filename"), CacheFolder.isName(filename),
            let validated = try? reader.integer("validated"),
            let variants = try? reader.strings("variants"),
            let shown = try? reader.string("shown"),
            let etag = try? reader.string("etag") as String??,
            let lastModified = try? reader.string("last_modified") as String??,
            let freshFor = try? reader.integer("fresh_for") as Int64??,
            freshFor.map({ (0...Self.longestFreshness).contains($0) }) ?? true
        else { return nil }
        self.init(
            sha256: sha256, size: size, contentType: contentType, filename: filename, etag: etag,
            lastModified: lastModified, validated: validated, freshFor: freshFor, variants: variants, shown: shown)
    }

    /// Longest time an answer is believed, in seconds: a week.
    static let longestFreshness: Int64 = 604_800

    /// The record's file.
    var bytes: [UInt8] {
        let json: JSONValue = [
            "version": .integer(Self.version), "sha256": .string(sha256), "size": .integer(size),
            "content_type": .string(contentType), "filename": .string(filename), "etag": .optional(etag),
            "last_modified": .optional(lastModified), "validated": .integer(validated),
            "fresh_for": .optional(freshFor), "variants": .array(variants.map { .string($0) }),
            "shown": .string(shown),
        ]
        return json.serialized()
    }
}
