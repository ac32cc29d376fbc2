// SPDX-License-Identifier: Apache-2.0

internal import FerryWire

/// Agents: who may answer in a chat.
package struct AgentService: Sendable {
    private let catalog: any AgentCatalog
    private let apps: AppService
    private let limits: ServerLimits

    package init(catalog: any AgentCatalog, apps: AppService, limits: ServerLimits) {
        self.catalog = catalog
        self.apps = apps
        self.limits = limits
    }

    /// All templates, by reference.
    package func list(for principal: Principal) async throws -> [AgentTemplate] {
        try principal.require(.appsExecute)
        return try await catalog.agents().sorted { $0.reference < $1.reference }
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
            try await check(template.config, for: principal)
            return ChatRecord.Agent(
                reference: template.reference, id: template.id, versionID: template.versionID, config: template.config)
        }
        guard var config = request.config else {
            throw ServerError(
                .validation, "/agent: name a template, or give an `agent_config` with a `core_app`, or a `chat_id`")
        }
        config.name = config.name ?? request.agentName
        try await check(config, for: principal)
        return ChatRecord.Agent(config: config)
    }

    /// The app that answers for an agent, in the version that is current, unless the agent names one.
    func core(of config: AgentConfig, for principal: Principal) async throws -> CoreApp {
        guard let core = config.coreApp, !core.ref.isEmpty else {
            throw ServerError(.validation, "/agent_config/core_app: is missing; name the app that answers, as `ref`")
        }
        guard var reference = AppReference(core.ref) else {
            throw ServerError(
                .validation, "/agent_config/core_app/ref: not an app reference; use namespace/name[@version][:function]"
            )
        }
        if reference.namespace == nil, Identifier.isValid(reference.name),
            let app = try await apps.list(for: principal).first(where: { [name = reference.name] in $0.id == name })
        {
            (reference.namespace, reference.name) = (app.namespace, app.name)
        }
        return try CoreApp(try await apps.app(reference, for: principal), function: reference.function)
    }

    private func check(_ config: AgentConfig, for principal: Principal) async throws {
        guard config.json.serialized().count <= limits.maximumAgentConfig else {
            throw ServerError(.payloadTooLarge, "/agent_config: larger than \(limits.maximumAgentConfig) bytes as JSON")
        }
        guard config.tools.count <= limits.maximumAgentTools else {
            throw ServerError(.validation, "/agent_config/tools: more than \(limits.maximumAgentTools)")
        }
        var names = Set<String>()
        for (index, tool) in config.tools.enumerated() {
            let place = "/agent_config/tools/\(index)"
            guard tool.type == "client" else {
                throw ServerError(
                    .validation, "\(place)/type: this server runs no tools of type \(tool.type); make it a client tool")
            }
            guard Self.isToolName(tool.name), names.insert(tool.name).inserted else {
                throw ServerError(
                    .validation,
                    "\(place)/name: must be unique and of 1 to 64 letters, digits, `_` and `-`")
            }
            try ToolSchema(tool.inputSchema).check("\(place)/client/input_schema", mayBeEmpty: true)
        }
        if !config.outputSchema.isNull {
            try ToolSchema(config.outputSchema).check("/agent_config/output_schema", mayBeEmpty: false)
            guard !names.contains(ChatEdit.finishTool) else {
                throw ServerError(
                    .validation,
                    "/agent_config/tools: with an output schema the name \(ChatEdit.finishTool) is taken; use another")
            }
        }
        _ = try await core(of: config, for: principal)
    }

    private static func isToolName(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
