// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import FerryWire
internal import HTTPTypes
internal import Hummingbird

/// Agents: looked at, and spoken to.
enum AgentRoutes {
    static func run(_ exchange: Exchange) async throws -> Response {
        let principal = try await exchange.principal()
        let request = try await exchange.body(AgentRunRequest.self)
        let presenter = try exchange.chatPresenter()
        let bases = [try exchange.server.base(for: exchange.request.head)]
        let chats = exchange.services.chats
        let posted = try await chats.run(request, by: principal, bases: bases)
        // A message that waits for a busy agent is answered by no stream of its own.
        guard request.stream, posted.assistant != nil else {
            let assistant = posted.assistant.map { presenter.present($0) }
            return exchange.answer(
                AgentRunResponse(userMessage: presenter.present(posted.user), assistantMessage: assistant).json)
        }
        let chat = try await chats.chat(id: posted.user.chatID, for: principal)
        exchange.releaseBody()
        return ChatStreamRoute.response(
            exchange, chats.updates(of: chat, presenter: presenter), withBareMessages: true)
    }

    static func list(_ exchange: Exchange) async throws -> Response {
        let principal = try await exchange.principal()
        let request = try await exchange.body(CursorListRequest.self)
        let page = try await exchange.services.agents.list(request, for: principal)
        return exchange.answer(page.present { AgentView($0) }.json)
    }

    static func get(_ exchange: Exchange) async throws -> Response {
        let reference = try "\(exchange.parameter("namespace"))/\(exchange.parameter("name"))"
        return try await get(exchange, reference)
    }

    static func getByName(_ exchange: Exchange) async throws -> Response {
        try await get(exchange, exchange.parameter("namespace"))
    }

    private static func get(_ exchange: Exchange, _ reference: String) async throws -> Response {
        let principal = try await exchange.principal()
        let agent = try await exchange.services.agents.agent(reference, for: principal)
        return exchange.answer(AgentView(agent).json)
    }
}

/// A template as the API shows it.
private struct AgentView: JSONConvertible {
    let json: JSONValue

    init(_ agent: AgentTemplate) {
        guard case .object(var version) = agent.config.json else {
            json = .null
            return
        }
        version["id"] = .string(agent.versionID)
        version["short_id"] = .string(Identifier.short(agent.versionID))
        json = [
            "id": .string(agent.id), "short_id": .string(Identifier.short(agent.id)), "user_id": "", "team_id": "",
            "visibility": "public", "namespace": .string(agent.namespace), "name": .string(agent.name),
            "ref": .string(agent.reference), "title": .string(agent.config.name ?? agent.name),
            "description": .string(agent.config.description), "version_id": .string(agent.versionID),
            "version": .object(version),
        ]
    }

    init(json: JSONValue) throws(WireFormatError) { self.json = json }
}
