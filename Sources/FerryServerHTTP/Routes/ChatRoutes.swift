// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import FerryWire
internal import HTTPTypes
internal import Hummingbird

/// Chats: made, looked at, spoken in, stopped.
enum ChatRoutes {
    static func create(_ exchange: Exchange) async throws -> Response {
        let principal = try await exchange.principal()
        guard case .object(var object) = try await exchange.json() else {
            throw ServerError(.validation, "expected an object")
        }
        // It is the request of a message without the message.
        object["input"] = ["text": ""]
        let chat = try await exchange.services.chats.create(
            try AgentRunRequest(json: .object(object)), by: principal)
        return exchange.answer(try exchange.chatPresenter().present(chat).json)
    }

    static func get(_ exchange: Exchange) async throws -> Response {
        let chat = try await self.chat(exchange)
        let chats = exchange.services.chats
        return exchange.answer(
            try exchange.chatPresenter().present(
                chat, messages: try await chats.latestMessages(of: chat), said: chats.said(in: chat)
            ).json)
    }

    private static func chat(_ exchange: Exchange) async throws -> ChatRecord {
        let principal = try await exchange.principal()
        return try await exchange.services.chats.chat(id: exchange.parameter("id"), for: principal)
    }

    static func status(_ exchange: Exchange) async throws -> Response {
        let chat = try await self.chat(exchange)
        return exchange.answer([
            "id": .string(chat.id), "status": .string(chat.status.rawValue), "updated_at": .time(chat.updatedAt),
        ])
    }

    static func messages(_ exchange: Exchange) async throws -> Response {
        let principal = try await exchange.principal()
        let presenter = try exchange.chatPresenter()
        let chats = exchange.services.chats
        let request = try ListQuery.request(exchange.query)
        let id = try exchange.parameter("id")
        let chat = try await chats.chat(id: id, for: principal)
        let page = try await chats.messages(of: id, request, for: principal)
        let said = chats.said(in: chat)
        return exchange.answer(page.present { presenter.present($0, said: said) }.json)
    }

    /// `{"message": {text, attachments}}`, or its members as they are; older clients say `content`.
    static func post(_ exchange: Exchange) async throws -> Response {
        let principal = try await exchange.principal()
        let json = try await exchange.json()
        var message = json["message"] ?? json["input"] ?? json["content"] ?? json
        if let text = message.stringValue { message = ["text": .string(text)] }
        let posted = try await exchange.services.chats.post(
            try MessageInput(json: message), in: exchange.parameter("id"), by: principal,
            bases: [try exchange.server.base(for: exchange.request.head)])
        return exchange.answer(try exchange.chatPresenter().present(posted.user).json)
    }

    static func update(_ exchange: Exchange) async throws -> Response {
        let principal = try await exchange.principal()
        let reader = try JSONReader(try await exchange.json())
        let name = try reader.string("name")
        let description = try reader.string("description")
        let chat = try await exchange.services.chats.rename(
            id: exchange.parameter("id"), name: name, description: description, by: principal)
        return exchange.answer(try exchange.chatPresenter().present(chat).json)
    }

    static func stop(_ exchange: Exchange) async throws -> Response {
        let principal = try await exchange.principal()
        let chat = try await exchange.services.chats.stop(id: exchange.parameter("id"), by: principal)
        return exchange.answer(try exchange.chatPresenter().present(chat).json)
    }

    static func delete(_ exchange: Exchange) async throws -> Response {
        let principal = try await exchange.principal()
        let id = try exchange.parameter("id")
        try await exchange.services.chats.delete(id: id, by: principal)
        return exchange.answer(["id": .string(id), "deleted": true])
    }

    static func list(_ exchange: Exchange) async throws -> Response {
        let principal = try await exchange.principal()
        let presenter = try exchange.chatPresenter()
        let request = try await exchange.body(CursorListRequest.self)
        let page = try await exchange.services.chats.list(request, for: principal)
        return exchange.answer(page.present { presenter.present($0) }.json)
    }

    /// What was done for a chat: the calls of its core app, one task a message, a page at a time.
    static func trace(_ exchange: Exchange) async throws -> Response {
        let principal = try await exchange.principal()
        let chat = try await self.chat(exchange)
        let presenter = try exchange.taskPresenter()
        let request = try ListQuery.request(exchange.query)
        let page = try await exchange.services.chats.tasks(of: chat, request, for: principal)
        let run = try exchange.chatPresenter().present(chat).activeRun?.json ?? .null
        let tasks = page.records.map { task -> JSONValue in
            var shown = presenter.present(task)
            // Each was the whole conversation so far.
            shown.input = .null
            return shown.json
        }
        return exchange.answer([
            "chat_id": .string(chat.id), "active_run": run, "tasks": .array(tasks),
            "next_cursor": .string(page.nextCursor), "has_next": .bool(page.hasNext),
        ])
    }
}

/// Calls of tools: answered by the client.
enum ToolRoutes {
    static func submit(_ exchange: Exchange) async throws -> Response {
        let principal = try await exchange.principal()
        let request = try await exchange.body(ToolResultRequest.self)
        let chats = exchange.services.chats
        let id = try exchange.parameter("id")
        let tool = try await chats.submit(
            request, call: id, by: principal, bases: [try exchange.server.base(for: exchange.request.head)])
        let message = try await chats.message(withToolInvocation: id, for: principal)
        guard case .object(var answer) = tool.json else { return exchange.answer(tool.json) }
        // Whoever answered for somebody else may go on with the chat.
        answer["chat_id"] = .string(message.chatID)
        return exchange.answer(.object(answer))
    }

    /// Approvals are given by a person who has signed in; here everybody comes with a key.
    static func decide(_ exchange: Exchange) async throws -> Response {
        let principal = try await exchange.principal()
        _ = try await exchange.json()
        _ = try await exchange.services.chats.message(
            withToolInvocation: exchange.parameter("id"), for: principal)
        throw ServerError(
            .requiresSignIn,
            "tools are approved by a person who has signed in, and this server knows keys alone; no call waits for approval"
        )
    }
}
