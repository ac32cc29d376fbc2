// SPDX-License-Identifier: Apache-2.0

internal import FerryWire

/// An app as an element of a list. Everybody sees all apps; the team is the one who asks.
struct ListedApp: ListedRecord {
    static let listName = "apps"

    static let listFields: [String: RecordQuery.Kind] = [
        "id": .text, "ref": .text, "namespace": .text, "name": .text, "description": .text, "category": .text,
        "version_id": .text, "created_at": .time, "updated_at": .time,
    ]

    static let searchFields = ["ref", "description", "category"]

    let app: AppDTO
    let teamID: String

    var id: String { app.id }
    var expiresAt: Timestamp? { nil }

    func listValue(_ field: String) -> RecordQuery.Value? {
        switch field {
        case "id": .text(app.id)
        case "ref": .text(app.reference)
        case "namespace": .text(app.namespace)
        case "name": .text(app.name)
        case "description": .text(ListedText.description(app.description))
        case "category": .text(ListedText.title(app.category))
        case "version_id": .text(app.versionID)
        case "created_at": .integer(app.createdAt.microseconds)
        case "updated_at": .integer(app.updatedAt.microseconds)
        default: nil
        }
    }
}

/// A template as an element of a list. Everybody sees all templates; the team is the one who asks.
struct ListedAgent: ListedRecord {
    static let listName = "agents"

    static let listFields: [String: RecordQuery.Kind] = [
        "id": .text, "ref": .text, "namespace": .text, "name": .text, "title": .text, "description": .text,
        "version_id": .text,
    ]

    static let searchFields = ["ref", "title", "description"]

    let agent: AgentTemplate
    let teamID: String

    var id: String { agent.id }
    var expiresAt: Timestamp? { nil }

    func listValue(_ field: String) -> RecordQuery.Value? {
        switch field {
        case "id": .text(agent.id)
        case "ref": .text(agent.reference)
        case "namespace": .text(agent.namespace)
        case "name": .text(agent.name)
        case "title": .text(ListedText.title(agent.config.name ?? agent.name))
        case "description": .text(ListedText.description(agent.config.description))
        case "version_id": .text(agent.versionID)
        default: nil
        }
    }
}

/// Texts of any length as lists compare them: cut, for cursors hold them and patterns take longer the longer they are.
enum ListedText {
    /// The first 1,000 scalars.
    static func description(_ text: String) -> String { cut(text, 1_000) }

    /// The first 200 scalars.
    static func title(_ text: String) -> String { cut(text, 200) }

    private static func cut(_ text: String, _ length: Int) -> String {
        text.utf8.count <= length ? text : String(text.unicodeScalars.prefix(length))
    }
}
