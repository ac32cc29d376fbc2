// SPDX-License-Identifier: Apache-2.0

/// A file's record as the API shows it.
public struct FileDTO: JSONConvertible, Hashable {
    /// Id, 26 characters.
    public var id: String
    /// When the record was made.
    public var createdAt: Timestamp
    /// When the record last changed.
    public var updatedAt: Timestamp
    /// Owner's id.
    public var userID: String
    /// Owning team's id.
    public var teamID: String
    /// `team` or `public`.
    public var visibility: String
    /// Storage path chosen by the uploader, or empty.
    public var path: String
    /// Signed address for the bytes' PUT; empty once the bytes are there.
    public var uploadURL: String
    /// Stable address for task input: `inf://files/<id>/<name>`.
    public var uri: String
    /// Signed http(s) link for a plain GET; empty while the bytes are missing or on servers without it.
    public var url: String
    /// Media type.
    public var contentType: String
    /// Size in bytes; while the bytes are missing, the declared one or 0.
    public var size: Int64
    /// Name label.
    public var filename: String
    /// Free category, or empty.
    public var category: String
    /// SHA-256 of the bytes in lower-case hexadecimal; nil while they are missing or on servers without it.
    public var sha256: String?
    /// When the file is deleted by itself; nil when it stays.
    public var expiresAt: Timestamp?

    /// A record of these values.
    public init(
        id: String, createdAt: Timestamp, updatedAt: Timestamp, userID: String = "", teamID: String = "",
        visibility: String = "team", path: String = "", uploadURL: String = "", uri: String, url: String = "",
        contentType: String, size: Int64, filename: String, category: String = "", sha256: String? = nil,
        expiresAt: Timestamp? = nil
    ) {
        self.id = id
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.userID = userID
        self.teamID = teamID
        self.visibility = visibility
        self.path = path
        self.uploadURL = uploadURL
        self.uri = uri
        self.url = url
        self.contentType = contentType
        self.size = size
        self.filename = filename
        self.category = category
        self.sha256 = sha256
        self.expiresAt = expiresAt
    }

    public init(json: JSONValue) throws(WireFormatError) {
        let reader = try JSONReader(json)
        id = try reader.string("id") ?? ""
        createdAt = try reader.time("created_at") ?? Timestamp(seconds: 0)
        updatedAt = try reader.time("updated_at") ?? createdAt
        userID = try reader.string("user_id") ?? ""
        teamID = try reader.string("team_id") ?? ""
        visibility = try reader.string("visibility") ?? "team"
        path = try reader.string("path") ?? ""
        uploadURL = try reader.string("upload_url") ?? ""
        uri = try reader.string("uri") ?? ""
        url = try reader.string("url") ?? ""
        contentType = try reader.string("content_type") ?? "application/octet-stream"
        size = try reader.integer("size") ?? 0
        guard size >= 0 else {
            throw WireFormatError(pointer: JSONPointer(tokens: ["size"]), reason: "must not be negative")
        }
        filename = try reader.string("filename") ?? ""
        category = try reader.string("category") ?? ""
        sha256 = try reader.string("sha256")
        expiresAt = try reader.time("expires_at")
    }

    public var json: JSONValue {
        [
            "id": .string(id), "short_id": .string(Identifier.short(id)),
            "created_at": .time(createdAt), "updated_at": .time(updatedAt), "deleted_at": nil,
            "user_id": .string(userID), "team_id": .string(teamID), "user": nil, "team": nil,
            "visibility": .string(visibility), "path": .string(path), "remote_path": "",
            "upload_url": .string(uploadURL), "uri": .string(uri), "url": .string(url),
            "content_type": .string(contentType), "size": .integer(size), "filename": .string(filename),
            "category": .string(category), "rating": "unrated", "metadata": nil, "sha256": .optional(sha256),
            "expires_at": .optional(expiresAt),
        ]
    }

    /// Whether anyone may fetch the content.
    public var isPublic: Bool { visibility == "public" }
}
