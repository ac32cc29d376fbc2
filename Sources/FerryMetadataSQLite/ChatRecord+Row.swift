// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import FerryWire
internal import GRDB

extension ChatRecord {
    static func fetch(_ database: Database, id: String, documents: DocumentColumn) throws -> ChatRecord? {
        let statement = try database.cachedStatement(sql: "SELECT * FROM chats WHERE id = ?")
        return try Row.fetchOne(statement, arguments: [id]).map { try ChatRecord(row: $0, documents: documents) }
    }

    init(row: Row, documents: DocumentColumn) throws {
        guard let status = ChatStatus(rawValue: row["status"]) else {
            throw ServerError(.internalError, "a stored chat has an unknown state")
        }
        self.init(
            id: row["id"], teamID: row["team_id"], userID: row["user_id"],
            createdAt: Timestamp(microseconds: row["created_at"]),
            agent: Agent(reference: row["agent"], config: AgentConfig(coreApp: nil)), name: row["name"],
            description: row["description"])
        updatedAt = Timestamp(microseconds: row["updated_at"])
        revision = row["revision"]
        self.status = status
        nextOrder = row["next_order"]
        try read(document: try documents.value(row["document"]))
    }

    /// The values of ``columnNames``, in their order.
    func columns(documents: DocumentColumn) throws(ServerError) -> StatementArguments {
        [
            try id.storable, try teamID.storable, try userID.storable, createdAt.microseconds,
            updatedAt.microseconds, revision, status.rawValue, isWorking ? run?.createdAt.microseconds : nil,
            try name.storable, try description.storable, try agent.reference?.storable, nextOrder,
            try documents.text(document),
        ]
    }

    static let columnNames = """
        id, team_id, user_id, created_at, updated_at, revision, status, worked_since, name, description, agent,
        next_order, document
        """
}
