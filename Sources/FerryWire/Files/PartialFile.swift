// SPDX-License-Identifier: Apache-2.0

/// What a client tells of a file before it uploads its bytes.
public struct PartialFile: JSONConvertible, Hashable {
    /// Name label.
    public var filename: String?
    /// Media type.
    public var contentType: String?
    /// Storage path of the uploader's choice.
    public var path: String?
    /// Size in bytes; nil if not known.
    public var size: Int64?
    /// Whether anyone may fetch the content.
    public var isPublic: Bool?
    /// Seconds after its making at which the file is deleted by itself, 60…31,536,000; nil when it stays.
    public var expiresIn: Int64?

    /// A description of these values.
    public init(
        filename: String? = nil, contentType: String? = nil, path: String? = nil, size: Int64? = nil,
        isPublic: Bool? = nil, expiresIn: Int64? = nil
    ) {
        self.filename = filename
        self.contentType = contentType
        self.path = path
        self.size = size
        self.isPublic = isPublic
        self.expiresIn = expiresIn
    }

    public init(json: JSONValue) throws(WireFormatError) {
        let reader = try JSONReader(json)
        filename = try reader.string("filename")
        contentType = try reader.string("content_type")
        path = try reader.string("path")
        size = try reader.integer("size")
        isPublic = try reader.bool("public")
        expiresIn = try reader.integer("expires_in")
        if let size, size < 0 {
            throw WireFormatError(pointer: JSONPointer(tokens: ["size"]), reason: "must not be negative")
        }
    }

    public var json: JSONValue {
        var object: JSONObject = ["uri": ""]
        if let filename { object["filename"] = .string(filename) }
        if let contentType { object["content_type"] = .string(contentType) }
        if let path { object["path"] = .string(path) }
        if let size { object["size"] = .integer(size) }
        if let isPublic { object["public"] = .bool(isPublic) }
        if let expiresIn { object["expires_in"] = .integer(expiresIn) }
        return .object(object)
    }
}

/// The body of `POST /files`.
public struct CreateFilesRequest: JSONConvertible, Hashable {
    /// The files to make records for.
    public var files: [PartialFile]
    /// Free category for all of them.
    public var category: String?

    /// A request for these files.
    public init(files: [PartialFile], category: String? = nil) {
        self.files = files
        self.category = category
    }

    public init(json: JSONValue) throws(WireFormatError) {
        let reader = try JSONReader(json)
        files = try reader.required("files", try reader.list("files"))
        category = try reader.string("category")
    }

    public var json: JSONValue {
        var object: JSONObject = ["files": .array(files.map(\.json))]
        if let category { object["category"] = .string(category) }
        return .object(object)
    }
}
