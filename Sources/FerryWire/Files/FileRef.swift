// SPDX-License-Identifier: Apache-2.0

/// A reference to an uploaded file, as messages to agents carry it.
public struct FileRef: JSONConvertible, Hashable {
    /// The file's address.
    public var uri: String
    /// Name label.
    public var filename: String
    /// Media type.
    public var contentType: String
    /// The record's id, if known.
    public var id: String?
    /// Size in bytes, if known.
    public var size: Int64?

    /// A reference of these values.
    public init(uri: String, filename: String, contentType: String, id: String? = nil, size: Int64? = nil) {
        self.uri = uri
        self.filename = filename
        self.contentType = contentType
        self.id = id
        self.size = size
    }

    public init(json: JSONValue) throws(WireFormatError) {
        let reader = try JSONReader(json)
        uri = try reader.required("uri", try reader.string("uri"))
        filename = try reader.string("filename") ?? ""
        contentType = try reader.string("content_type") ?? "application/octet-stream"
        id = try reader.string("id")
        size = try reader.integer("size")
    }

    public var json: JSONValue {
        var object: JSONObject = [
            "uri": .string(uri), "filename": .string(filename), "content_type": .string(contentType),
        ]
        if let id { object["id"] = .string(id) }
        if let size { object["size"] = .integer(size) }
        return .object(object)
    }
}
