// SPDX-License-Identifier: Apache-2.0

internal import FerryWire

extension ChatEdit {
    /// How a model is told that its output is not of the schema.
    private static let notAccepted = "Not accepted: "

    /// Why the last output among these calls was not accepted, in short; nil if there is none.
    static func rejection(in tools: [ToolInvocationDTO]) -> String? {
        let failed = tools.last { $0.name == finishTool && $0.status == .failed }
        guard let result = failed?.result, result.utf8.starts(with: notAccepted.utf8) else { return nil }
        let reason = result.dropFirst(notAccepted.count).unicodeScalars
        let maximum = ChatRecord.Run.maximumRejection
        return reason.count > maximum ? "\(Substring(reason.prefix(maximum)))…" : String(reason)
    }

    /// What becomes of a call that a model wants: the end of the work, a client's matter, or nothing.
    func invocation(
        _ call: CoreAnswer.Call, at index: Int, of message: ChatMessageRecord, hasOwnID: Bool
    ) -> ToolInvocationDTO {
        var tool = ToolInvocationDTO(
            id: Identifier.random(), createdAt: now, updatedAt: now, messageID: message.id,
            callID: hasOwnID ? call.id : "call_\(message.order)_\(index)", name: call.name,
            arguments: call.arguments)
        if call.name == Self.finishTool, !chat.agent.config.outputSchema.isNull {
            let violations = JSONSchema(chat.agent.config.outputSchema).violations(of: call.arguments)
            tool.type = "internal"
            tool.status = violations.isEmpty ? .completed : .failed
            tool.result =
                violations.isEmpty
                ? "done" : Self.notAccepted + violations.map(\.description).joined(separator: "; ")
        } else if !chat.agent.config.tools.contains(where: { $0.name == call.name }) {
            tool.type = "internal"
            tool.status = .failed
            tool.result = "There is no tool of this name."
        }
        return tool
    }
}
