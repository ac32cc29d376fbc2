// SPDX-License-Identifier: Apache-2.0

internal import FerryWire

/// Where an agent's configuration is written: whoever is told what is wrong with it must find it there.
enum AgentOrigin: Sendable, Hashable {
    /// In the request, as `agent_config`.
    case request
    /// In the `agent.yml` of a template of this reference.
    case template(String)
    /// Nowhere: an app stands for the agent.
    case app

    /// Where the configuration of a chat's agent is written.
    init(of agent: ChatRecord.Agent) {
        guard let reference = agent.reference else {
            self = .request
            return
        }
        let core = agent.config.coreApp.flatMap { AppReference($0.ref) }
        let isOwnCore = core.map { "\($0.namespace ?? "")/\($0.name)" == reference } ?? false
        self = isOwnCore ? .app : .template(reference)
    }

    /// What is wrong at a place of the configuration.
    func refusal(_ problem: WireFormatError, _ code: ServerError.Code = .validation) -> ServerError {
        switch self {
        case .request: ServerError(code, "/agent_config\(problem.pointer): \(problem.reason)")
        case .template:
            cannotBeUsed("\(problem.pointer.description.dropFirst())", problem.reason)
        case .app: ServerError(code, problem.reason)
        }
    }

    /// What came of looking for the core app, in words for whoever chose the agent. With a template the request was
    /// right, and the file is wrong.
    func refusal(ofCore error: ServerError) -> ServerError {
        guard case .template = self, [.notFound, .conflict, .validation].contains(error.code) else { return error }
        // The list of apps helps whoever names one.
        let reason = error.message.firstRange(of: "; POST /apps/list").map { error.message[..<$0.lowerBound] }
        return cannotBeUsed("core_app", reason.map(String.init) ?? error.message)
    }

    private func cannotBeUsed(_ place: String, _ reason: String) -> ServerError {
        guard case .template(let reference) = self else { return ServerError(.validation, reason) }
        return ServerError(
            .validation,
            "the agent \(reference) cannot be used: \(place.isEmpty ? "" : "\(place) in ")its agent.yml: \(reason)")
    }
}
