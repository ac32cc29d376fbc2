// SPDX-License-Identifier: Apache-2.0

/// A file of a task, as the API shows it.
public struct TaskFileDTO: JSONConvertible, Hashable {
    /// Whether the task was given the file or made it.
    public enum Role: String, Sendable, CaseIterable {
        case input, output
    }

    /// The file's id.
    public var id: String
    /// When it became the task's.
    public var createdAt: Timestamp
    /// Whether the task was given the file or made it.
    public var role: Role
    /// The file's address, `inf://…`.
    public var uri: String
    /// Its name.
    public var filename: String
    /// Its media type.
    public var contentType: String
    /// Its size in bytes.
    public var size: Int64

    /// A file of a task.
    public init(
        id: String, createdAt: Timestamp, role: Role, uri: String, filename: String, contentType: String, size: Int64
    ) {
        self.id = id
        self.createdAt = createdAt
        self.role = role
        self.uri = uri
        self.filename = filename
        self.contentType = contentType
        self.size = size
    }

    public init(json: JSONValue) throws(WireFormatError) {
        let reader = try JSONReader(json)
        id = try reader.required("id", try reader.string("id"))
        createdAt = try reader.time("created_at") ?? Timestamp(seconds: 0)
        guard let role = Role(rawValue: try reader.string("role") ?? "") else {
            throw WireFormatError(pointer: reader.pointer.appending("role"), reason: "expected input or output")
        }
        self.role = role
        uri = try reader.string("uri") ?? ""
        filename = try reader.string("filename") ?? ""
        contentType = try reader.string("content_type") ?? ""
        size = try reader.integer("size") ?? 0
    }

    public var json: JSONValue {
        [
            "id": .string(id), "created_at": .time(createdAt), "role": .string(role.rawValue), "uri": .string(uri),
            "filename": .string(filename), "content_type": .string(contentType), "size": .integer(size),
        ]
    }
}

/// What became of a task's files that were to be deleted.
public struct TaskFileDeletion: JSONConvertible, Hashable {
    /// A file that was not deleted.
    public struct Skipped: JSONConvertible, Hashable {
        /// The file's id.
        public var id: String
        /// Why, in words.
        public var reason: String

        /// A file that was not deleted.
        public init(id: String, reason: String) {
            self.id = id
            self.reason = reason
        }

        public init(json: JSONValue) throws(WireFormatError) {
            let reader = try JSONReader(json)
            id = try reader.required("id", try reader.string("id"))
            reason = try reader.string("reason") ?? ""
        }

        public var json: JSONValue { ["id": .string(id), "reason": .string(reason)] }
    }

    /// Ids of the files deleted.
    public var deleted: [String]
    /// Those that were not.
    public var skipped: [Skipped]

    /// An outcome.
    public init(deleted: [String] = [], skipped: [Skipped] = []) {
        self.deleted = deleted
        self.skipped = skipped
    }

    public init(json: JSONValue) throws(WireFormatError) {
        let reader = try JSONReader(json)
        deleted = try reader.strings("deleted") ?? []
        skipped = try reader.list("skipped") ?? []
    }

    public var json: JSONValue {
        ["deleted": .array(deleted.map(JSONValue.string)), "skipped": .array(skipped.map(\.json))]
    }
}
