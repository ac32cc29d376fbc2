// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// A file as the server knows it.
public struct FileRecord: Sendable, Hashable {
    /// Id, 26 characters.
    public var id: String
    /// Owning team.
    public var teamID: String
    /// Who made it.
    public var userID: String
    /// When it was made.
    public var createdAt: Timestamp
    /// When it last changed.
    public var updatedAt: Timestamp
    /// Name label, cleaned.
    public var filename: String
    /// Media type.
    public var contentType: String
    /// Size the uploader declared, in bytes.
    public var declaredSize: Int64?
    /// Storage path of the uploader's choice, or empty.
    public var path: String
    /// Free category, or empty.
    public var category: String
    /// Whether anyone may fetch the content.
    public var isPublic: Bool
    /// The bytes; nil while they are missing (pending). Never changes once set.
    public var blob: BlobReference?
    /// When the file vanishes; nil when it stays.
    public var expiresAt: Timestamp?
    /// Whether the media type is a guess by the name alone, which the bytes may better.
    public var hasGuessedType: Bool

    /// A record of these values.
    public init(
        id: String, teamID: String, userID: String, createdAt: Timestamp, updatedAt: Timestamp, filename: String,
        contentType: String, declaredSize: Int64? = nil, path: String = "", category: String = "",
        isPublic: Bool = false, blob: BlobReference? = nil, expiresAt: Timestamp? = nil, hasGuessedType: Bool = false
    ) {
        self.id = id
        self.teamID = teamID
        self.userID = userID
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.filename = filename
        self.contentType = contentType
        self.declaredSize = declaredSize
        self.path = path
        self.category = category
        self.isPublic = isPublic
        self.blob = blob
        self.expiresAt = expiresAt
        self.hasGuessedType = hasGuessedType
    }

    /// Whether the bytes are there.
    public var isReady: Bool { blob != nil }
}
