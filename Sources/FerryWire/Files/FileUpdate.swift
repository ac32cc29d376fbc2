// SPDX-License-Identifier: Apache-2.0

/// The body of `PATCH /files/{id}`: what is nil stays as it is.
public struct FileUpdate: JSONConvertible, Hashable {
    /// New name label, by the rules of ``Filename``: empty for ``Filename/fallback``. A public file's link has it, too,
    /// and changes with it.
    public var filename: String?
    /// New storage path; empty for none.
    public var path: String?
    /// Whether anyone may fetch the content.
    public var isPublic: Bool?

    /// A change of these members.
    public init(filename: String? = nil, path: String? = nil, isPublic: Bool? = nil) {
        self.filename = filename
        self.path = path
        self.isPublic = isPublic
    }

    public init(json: JSONValue) throws(WireFormatError) {
        let reader = try JSONReader(json)
        filename = try reader.string("filename")
        path = try reader.string("path")
        isPublic = try reader.bool("public")
    }

    public var json: JSONValue {
        var object = JSONObject()
        if let filename { object["filename"] = .string(filename) }
        if let path { object["path"] = .string(path) }
        if let isPublic { object["public"] = .bool(isPublic) }
        return .object(object)
    }
}

/// The body of `POST /files/{id}/visibility`.
public struct VisibilityChange: JSONConvertible, Hashable {
    /// `public`: anyone may fetch the content by its link. `team` and `private`, which mean the same on a Ferry server:
    /// the owning team alone; records then show `team`.
    public var visibility: String

    /// A change to that visibility.
    public init(visibility: String) { self.visibility = visibility }

    public init(json: JSONValue) throws(WireFormatError) {
        let reader = try JSONReader(json)
        visibility = try reader.required("visibility", try reader.string("visibility"))
    }

    public var json: JSONValue { ["visibility": .string(visibility)] }
}
