// SPDX-License-Identifier: Apache-2.0

internal import FerryWire

extension AgentService {
    /// The app that answers for an agent, in the version that is current, unless the agent names one.
    ///
    /// - Throws: ``ServerError``, with the place where the agent's configuration is written.
    func core(of agent: ChatRecord.Agent, for principal: Principal) async throws -> CoreApp {
        let origin = AgentOrigin(of: agent)
        do {
            return try await core(agent.config, for: principal)
        } catch let error as WireFormatError {
            throw origin.refusal(error)
        } catch let error as ServerError {
            throw origin.refusal(ofCore: error)
        }
    }

    private func core(_ config: AgentConfig, for principal: Principal) async throws -> CoreApp {
        guard let core = config.coreApp, !core.ref.isEmpty else {
            throw WireFormatError(
                pointer: JSONPointer(tokens: ["core_app"]), reason: "is missing; name the app that answers, as `ref`")
        }
        guard var reference = AppReference(core.ref) else {
            throw WireFormatError(
                pointer: JSONPointer(tokens: ["core_app", "ref"]),
                reason: "not an app reference; use namespace/name[@version][:function]")
        }
        if reference.namespace == nil, Identifier.isValid(reference.name),
            let app = try await apps.list(for: principal).first(where: { [name = reference.name] in $0.id == name })
        {
            (reference.namespace, reference.name) = (app.namespace, app.name)
        }
        return try CoreApp(try await apps.app(reference, for: principal), function: reference.function)
    }

    /// Refuses an agent that could not answer.
    func check(_ agent: ChatRecord.Agent, for principal: Principal) async throws {
        let origin = AgentOrigin(of: agent)
        let size = agent.config.json.serialized().count
        guard size <= limits.maximumAgentConfig else {
            throw origin.refusal(
                WireFormatError(pointer: .root, reason: "larger than \(limits.maximumAgentConfig) bytes as JSON"),
                .payloadTooLarge)
        }
        do throws(WireFormatError) {
            try check(agent.config)
        } catch {
            throw origin.refusal(error)
        }
        _ = try await core(of: agent, for: principal)
    }

    private func check(_ config: AgentConfig) throws(WireFormatError) {
        let tools = JSONPointer(tokens: ["tools"])
        guard config.tools.count <= limits.maximumAgentTools else {
            throw WireFormatError(pointer: tools, reason: "more than \(limits.maximumAgentTools)")
        }
        var names = Set<String>()
        for (index, tool) in config.tools.enumerated() {
            let place = tools.appending(index)
            guard tool.type == "client" else {
                throw WireFormatError(
                    pointer: place.appending("type"),
                    reason: "this server runs no tools of type \(tool.type); make it a client tool")
            }
            guard Self.isToolName(tool.name), names.insert(tool.name).inserted else {
                throw WireFormatError(
                    pointer: place.appending("name"),
                    reason: "must be unique and of 1 to 64 letters, digits, `_` and `-`")
            }
            try check(
                tool.inputSchema, at: place.appending("client").appending("input_schema"), mayBeEmpty: true)
        }
        guard !config.outputSchema.isNull else { return }
        try check(config.outputSchema, at: JSONPointer(tokens: ["output_schema"]), mayBeEmpty: false)
        guard !names.contains(ChatEdit.finishTool) else {
            throw WireFormatError(
                pointer: tools,
                reason: "with an output schema the name \(ChatEdit.finishTool) is taken; use another")
        }
    }

    private func check(_ schema: JSONValue, at place: JSONPointer, mayBeEmpty: Bool) throws(WireFormatError) {
        do throws(WireFormatError) {
            try ToolSchema(schema).check(mayBeEmpty: mayBeEmpty)
        } catch {
            throw WireFormatError(
                pointer: JSONPointer(tokens: place.tokens + error.pointer.tokens), reason: error.reason)
        }
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
