// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// The templates of agents there are.
public protocol AgentCatalog: Sendable {
    /// All templates, in their current version.
    func agents() async throws -> [AgentTemplate]
}

/// A template: an agent that many chats may have.
public struct AgentTemplate: Sendable, Hashable {
    /// Id, 26 characters, stable over versions.
    public var id: String
    /// The version's id, which follows from its content.
    public var versionID: String
    /// The owner's name.
    public var namespace: String
    /// The template's name.
    public var name: String
    /// What it is made of.
    public var config: AgentConfig

    /// A template.
    public init(id: String, versionID: String, namespace: String, name: String, config: AgentConfig) {
        self.id = id
        self.versionID = versionID
        self.namespace = namespace
        self.name = name
        self.config = config
    }

    /// `namespace/name`.
    public var reference: String { "\(namespace)/\(name)" }
}

/// No templates.
public struct NoAgentCatalog: AgentCatalog {
    /// None.
    public init() {}

    public func agents() async throws -> [AgentTemplate] { [] }
}
