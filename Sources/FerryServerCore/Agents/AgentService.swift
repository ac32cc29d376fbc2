// SPDX-License-Identifier: Apache-2.0

package import FerryWire

/// Agents: who may answer in a chat.
package struct AgentService: Sendable {
    private let catalog: any AgentCatalog
    let apps: AppService
    private let pages: PageCursors
    let limits: ServerLimits

    package init(catalog: any AgentCatalog, apps: AppService, pages: PageCursors, limits: ServerLimits) {
        self.catalog = catalog
        self.apps = apps
        self.pages = pages
        self.limits = limits
    }

    /// A page of the templates, by reference unless the request says otherwise.
    package func list(
        _ request: CursorListRequest, for principal: Principal
    ) async throws -> RecordPage<AgentTemplate> {
        try principal.require(.appsExecute)
        let teamID = principal.team.id
        return try await pages.page(request, teamID: teamID) {
            try await catalog.agents().map { ListedAgent(agent: $0, teamID: teamID) }
        }.map(\.agent)
    }

    /// The template a reference means: `namespace/name[@version]`, a bare name, or its id. Where there is no template of
    /// the name, an app that can answer in chats stands for an agent.
    package func agent(_ text: String, version: String? = nil, for principal: Principal) async throws -> AgentTemplate {
        try principal.require(.appsExecute)
        let templates = try await catalog.agents()
        if let template = templates.first(where: { $0.id == text }) { return try check(template, version) }
        let unprefixed = text.utf8.starts(with: "agent/".utf8) ? String(text.dropFirst(6)) : text
        guard let reference = AppReference(unprefixed) else {
            throw ServerError(.validation, "/agent: not an agent's reference; use namespace/name[@version]")
        }
        let matches = templates.filter {
            $0.name == reference.name && (reference.namespace == nil || $0.namespace == reference.namespace)
        }
        if matches.count > 1 {
            let names = matches.map(\.reference).sorted().joined(separator: ", ")
            throw ServerError(.conflict, "the name \(reference.name) is ambiguous; use one of \(names)")
        }
        if let template = matches.first { return try check(template, reference.version ?? version) }
        return try await standIn(reference, version, text, principal)
    }

    private func check(_ template: AgentTemplate, _ version: String?) throws(ServerError) -> AgentTemplate {
        guard let version, version != template.versionID, version != Identifier.short(template.versionID) else {
            return template
        }
        throw ServerError(
            .notFound, "no version \(version) of \(template.reference); leave the version away for the latest")
    }

    private func standIn(
        _ reference: AppReference, _ version: String?, _ text: String, _ principal: Principal
    ) async throws -> AgentTemplate {
        var reference = reference
        reference.version = reference.version ?? version
        let missing = ServerError(.notFound, "no agent \(text); POST /agents/list or `ferry agent list` shows all")
        let app: AppDTO
        do {
            app = try await apps.app(reference, for: principal)
        } catch let error as ServerError where error.code == .notFound || error.code == .validation {
            throw missing
        }
        guard (try? CoreApp(app, function: reference.function)) != nil else {
            throw ServerError(
                .notFound,
                "no agent \(text); the app \(app.reference) does not chat: it needs an input `text` and an output "
                    + "`response`")
        }
        var core = reference
        core.namespace = app.namespace
        return AgentTemplate(
            id: app.id, versionID: app.versionID, namespace: app.namespace, name: app.name,
            config: AgentConfig(
                coreApp: CoreAppConfig(ref: core.description), name: app.name, description: app.description))
    }

    /// Who is to answer a request that begins a chat.
    func chosen(by request: AgentRunRequest, for principal: Principal) async throws -> ChatRecord.Agent {
        if let text = request.agent {
            guard request.config == nil else {
                throw ServerError(.validation, "/agent_config: give either this or `agent`")
            }
            let template = try await agent(text, version: request.agentVersionID, for: principal)
            let chosen = ChatRecord.Agent(
                reference: template.reference, id: template.id, versionID: template.versionID, config: template.config)
            try await check(chosen, for: principal)
            return chosen
        }
        guard var config = request.config else {
            throw ServerError(
                .validation, "/agent: name a template, or give an `agent_config` with a `core_app`, or a `chat_id`")
        }
        config.name = config.name ?? request.agentName
        let chosen = ChatRecord.Agent(config: config)
        try await check(chosen, for: principal)
        return chosen
    }
}
