// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// `ferry agent`
struct AgentCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent",
        abstract: "Talk with agents, with files where need be.",
        subcommands: [
            AgentSend.self, AgentResult.self, AgentList.self, AgentChats.self, AgentGet.self, AgentStop.self,
            AgentDelete.self,
        ])
}
