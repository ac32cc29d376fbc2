// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// A record that lists are made of.
public protocol ListedRecord: Sendable {
    /// What binds cursors to their list.
    static var listName: String { get }
    /// The fields that conditions and orders may name.
    static var listFields: [String: RecordQuery.Kind] { get }
    /// The fields a search looks in unless told; all of text.
    static var searchFields: [String] { get }
    /// Id, 26 characters.
    var id: String { get }
    /// Owning team.
    var teamID: String { get }
    /// When its time is over; nil if never.
    var expiresAt: Timestamp? { get }
    /// The value of one of the fields; nil if it has none.
    func listValue(_ field: String) -> RecordQuery.Value?
}

extension ListedRecord {
    /// The place just behind this record in a query's order.
    public func position(in query: RecordQuery) -> RecordQuery.Position {
        RecordQuery.Position(values: query.order.map { listValue($0.field) }, id: id)
    }

    /// Whether its time is not over.
    public func isAlive(at time: Timestamp) -> Bool { expiresAt.map { $0 > time } ?? true }
}

extension FileRecord: ListedRecord {
    public static let listName = "files"

    public static let listFields: [String: RecordQuery.Kind] = [
        "id": .text, "filename": .text, "content_type": .text, "path": .text, "category": .text, "visibility": .text,
        "user_id": .text, "sha256": .text, "size": .integer, "created_at": .time, "updated_at": .time,
        "expires_at": .time,
    ]

    public static let searchFields = ["filename", "path", "category"]

    public func listValue(_ field: String) -> RecordQuery.Value? {
        switch field {
        case "id": .text(id)
        case "filename": .text(filename)
        case "content_type": .text(contentType)
        case "path": .text(path)
        case "category": .text(category)
        case "visibility": .text(isPublic ? "public" : "team")
        case "user_id": .text(userID)
        case "sha256": blob.map { .text($0.digest.sha256) }
        case "size": .integer(blob?.digest.size ?? declaredSize ?? 0)
        case "created_at": .integer(createdAt.microseconds)
        case "updated_at": .integer(updatedAt.microseconds)
        case "expires_at": expiresAt.map { .integer($0.microseconds) }
        default: nil
        }
    }
}

extension TaskRecord: ListedRecord {
    public static let listName = "tasks"

    public static let listFields: [String: RecordQuery.Kind] = [
        "id": .text, "app": .text, "function": .text, "status": .integer, "session_id": .text, "chat_id": .text,
        "created_at": .time, "updated_at": .time,
    ]

    public static let searchFields = ["app", "function"]

    public var expiresAt: Timestamp? { nil }

    public func listValue(_ field: String) -> RecordQuery.Value? {
        switch field {
        case "id": .text(id)
        case "app": .text(app)
        case "function": .text(function)
        case "status": .integer(Int64(status.rawValue))
        case "session_id": session.map { .text($0.id) }
        case "chat_id": chatID.map { .text($0) }
        case "created_at": .integer(createdAt.microseconds)
        case "updated_at": .integer(updatedAt.microseconds)
        default: nil
        }
    }
}
