// SPDX-License-Identifier: Apache-2.0

internal import FerryWire

/// The questions that the rules of chats ask of their store.
enum ChatQueries {
    private static func query(
        _ chat: ChatRecord, _ conditions: [RecordQuery.Condition] = [], newestFirst: Bool = false, limit: Int
    ) -> RecordQuery {
        RecordQuery(
            teamID: chat.teamID,
            conditions: [.init(field: "chat_id", operation: .eq, values: [.text(chat.id)])] + conditions,
            sort: [.init(field: "order", isDescending: newestFirst)], limit: limit)
    }

    /// Tasks of a chat.
    static func tasks(of chat: ChatRecord, limit: Int) -> RecordQuery {
        RecordQuery(
            teamID: chat.teamID,
            conditions: [.init(field: "chat_id", operation: .eq, values: [.text(chat.id)])], limit: limit)
    }

    /// The latest messages, newest first.
    static func latest(of chat: ChatRecord, limit: Int) -> RecordQuery {
        query(chat, newestFirst: true, limit: limit)
    }

    /// Messages that changed after a revision, and those of the latest run if there is none; from a place on.
    static func changed(of chat: ChatRecord, after revision: Int64?, from order: Int64, limit: Int) -> RecordQuery {
        let first = revision == nil ? max(order, chat.run?.firstOrder ?? 0) : order
        var conditions = [RecordQuery.Condition(field: "order", operation: .gte, values: [.integer(first)])]
        if let revision { conditions.append(.init(field: "revision", operation: .gt, values: [.integer(revision)])) }
        return query(chat, conditions, limit: limit)
    }

    /// The message that the latest run writes or waits with, and the queued ones.
    static func changeable(of chat: ChatRecord) -> RecordQuery {
        let ids = chat.queued + [chat.run?.assistantMessageID].compactMap { $0 }
        return query(
            chat, [.init(field: "id", operation: .in, values: ids.map { .text($0) })], limit: max(ids.count, 1))
    }
}
