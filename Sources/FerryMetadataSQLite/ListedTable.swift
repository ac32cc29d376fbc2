// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import GRDB

/// A table that lists are made of, with the fields conditions and orders may name.
struct ListedTable: Sendable {
    /// A field.
    struct Field: Sendable {
        enum Kind: Sendable {
            case text
            case integer
        }

        /// What it is in SQL; constant text.
        var expression: String
        var kind: Kind
        /// Whether a record may have no value there.
        var isNullable = false
    }

    var name: String
    var fields: [String: Field]
    /// The column of the time at which a record vanishes, if it has one.
    var expiry: String?

    /// Most values of one condition.
    static let maximumValues = 10_000

    /// The field of a name.
    func field(_ name: String) throws(ServerError) -> Field {
        guard let field = fields[name] else {
            let known = fields.keys.sorted().joined(separator: ", ")
            throw ServerError(.validation, "cannot filter or sort by this field; use one of \(known)")
        }
        return field
    }

    static let files = ListedTable(
        name: "files",
        fields: [
            "id": Field(expression: "id", kind: .text),
            "filename": Field(expression: "filename", kind: .text),
            "content_type": Field(expression: "content_type", kind: .text),
            "path": Field(expression: "path", kind: .text),
            "category": Field(expression: "category", kind: .text),
            "visibility": Field(expression: "iif(is_public, 'public', 'team')", kind: .text),
            "user_id": Field(expression: "user_id", kind: .text),
            "sha256": Field(expression: "blob_sha256", kind: .text, isNullable: true),
            "size": Field(expression: "coalesce(blob_size, declared_size, 0)", kind: .integer),
            "created_at": Field(expression: "created_at", kind: .integer),
            "updated_at": Field(expression: "updated_at", kind: .integer),
            "expires_at": Field(expression: "expires_at", kind: .integer, isNullable: true),
        ], expiry: "expires_at")

    static let tasks = ListedTable(
        name: "tasks",
        fields: [
            "id": Field(expression: "id", kind: .text),
            "app": Field(expression: "app", kind: .text),
            "function": Field(expression: "function", kind: .text),
            "status": Field(expression: "status", kind: .integer),
            "session_id": Field(expression: "session_id", kind: .text, isNullable: true),
            "chat_id": Field(expression: "chat_id", kind: .text, isNullable: true),
            "created_at": Field(expression: "created_at", kind: .integer),
            "updated_at": Field(expression: "updated_at", kind: .integer),
        ])

    static let chats = ListedTable(
        name: "chats",
        fields: [
            "id": Field(expression: "id", kind: .text),
            "name": Field(expression: "name", kind: .text),
            "description": Field(expression: "description", kind: .text),
            "status": Field(expression: "status", kind: .text),
            "agent": Field(expression: "agent", kind: .text, isNullable: true),
            "user_id": Field(expression: "user_id", kind: .text),
            "created_at": Field(expression: "created_at", kind: .integer),
            "updated_at": Field(expression: "updated_at", kind: .integer),
        ])

    static let chatMessages = ListedTable(
        name: "chat_messages",
        fields: [
            "id": Field(expression: "id", kind: .text),
            "chat_id": Field(expression: "chat_id", kind: .text),
            "role": Field(expression: "role", kind: .text),
            "status": Field(expression: "status", kind: .text),
            "order": Field(expression: "position", kind: .integer),
            "revision": Field(expression: "revision", kind: .integer),
            "created_at": Field(expression: "created_at", kind: .integer),
            "updated_at": Field(expression: "updated_at", kind: .integer),
        ])
}
