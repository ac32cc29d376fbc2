// SPDX-License-Identifier: Apache-2.0

/// The body of `POST /files/{id}/link`.
public struct LinkRequest: JSONConvertible, Hashable {
    /// How long links work unless told, in seconds: a day.
    public static let defaultLifetime: Int64 = 86_400

    /// How long the link shall work, in seconds: 1…604,800 (a week).
    public var expiresIn: Int64

    /// A wish for a link that works so long.
    public init(expiresIn: Int64 = LinkRequest.defaultLifetime) { self.expiresIn = expiresIn }

    public init(json: JSONValue) throws(WireFormatError) {
        let reader = try JSONReader(json)
        expiresIn = try reader.integer("expires_in") ?? Self.defaultLifetime
    }

    public var json: JSONValue { ["expires_in": .integer(expiresIn)] }
}

/// A link to a file's content for a plain GET without a key.
public struct FileLink: JSONConvertible, Hashable {
    /// The link. Whoever has it may fetch the content.
    public var url: String
    /// When it stops working; nil for a public file, whose link works as long as the file is public.
    public var expiresAt: Timestamp?

    /// A link.
    public init(url: String, expiresAt: Timestamp?) {
        self.url = url
        self.expiresAt = expiresAt
    }

    public init(json: JSONValue) throws(WireFormatError) {
        let reader = try JSONReader(json)
        url = try reader.required("url", try reader.string("url"))
        expiresAt = try reader.time("expires_at")
    }

    public var json: JSONValue { ["url": .string(url), "expires_at": .optional(expiresAt)] }
}
