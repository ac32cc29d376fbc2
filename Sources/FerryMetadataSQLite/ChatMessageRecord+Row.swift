// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import FerryWire
internal import GRDB

extension ChatMessageRecord {
    init(row: Row, documents: DocumentColumn) throws {
        guard let status = ChatMessageStatus(rawValue: row["status"]), let role = ChatMessageRole(rawValue: row["role"])
        else { throw ServerError(.internalError, "a stored message has an unknown state or role") }
        self.init(
            id: row["id"], chatID: row["chat_id"], teamID: row["team_id"], userID: row["user_id"],
            createdAt: Timestamp(microseconds: row["created_at"]), order: row["position"], revision: row["revision"],
            status: status, role: role)
        updatedAt = Timestamp(microseconds: row["updated_at"])
        try read(document: try documents.value(row["document"]))
    }

    /// The values of ``columnNames``, in their order.
    func columns(documents: DocumentColumn) throws(ServerError) -> StatementArguments {
        [
            try id.storable, try chatID.storable, try teamID.storable, try userID.storable, createdAt.microseconds,
            updatedAt.microseconds, order, revision, status.rawValue, role.rawValue, try documents.text(document),
        ]
    }

    static let columnNames = """
        id, chat_id, team_id, user_id, created_at, updated_at, position, revision, status, role, document
        """
}
