// SPDX-License-Identifier: Apache-2.0

public import FerryWire

extension ChatRecord {
    /// Everything of a chat that no list asks for, as a store keeps it.
    public var document: JSONValue {
        var object: JSONObject = [
            "context": .object(context), "config": agent.config.json, "agent_id": .optional(agent.id),
            "agent_version_id": .optional(agent.versionID), "output": output,
            "queued": .array(queued.map(JSONValue.string)),
        ]
        if let run { object["run"] = run.document }
        if !endedRuns.isEmpty { object["ended_runs"] = .array(endedRuns.map(\.document)) }
        return .object(object)
    }

    /// Takes what ``document`` holds.
    ///
    /// - Throws: `WireFormatError` if it is none.
    public mutating func read(document: JSONValue) throws(WireFormatError) {
        let reader = try JSONReader(document)
        context = reader.value("context")?.objectValue ?? [:]
        agent.config = try AgentConfig(json: reader.value("config") ?? [:])
        agent.id = try reader.string("agent_id")
        agent.versionID = try reader.string("agent_version_id")
        output = reader.value("output") ?? .null
        queued = try reader.strings("queued") ?? []
        run = try reader.value("run").map { json throws(WireFormatError) in try Run(document: json) }
        endedRuns = []
        for json in reader.value("ended_runs")?.arrayValue ?? [] { endedRuns.append(try Run(document: json)) }
    }
}

extension ChatRecord.Run {
    var document: JSONValue {
        [
            "id": .string(id), "created_at": .time(createdAt), "updated_at": .time(updatedAt),
            "state": .string(state.rawValue), "user_message_id": .string(userMessageID),
            "first_order": .integer(firstOrder), "assistant_message_id": .optional(assistantMessageID),
            "task_id": .optional(taskID), "steps": .integer(Int64(steps)), "error": .optional(error),
            "rejection": .optional(rejection), "output": output, "finished_at": .optional(finishedAt),
        ]
    }

    init(document: JSONValue) throws(WireFormatError) {
        let reader = try JSONReader(document)
        id = try reader.required("id", try reader.string("id"))
        createdAt = try reader.required("created_at", try reader.time("created_at"))
        updatedAt = try reader.time("updated_at") ?? createdAt
        let name = try reader.string("state") ?? ""
        state = try reader.required("state", AgentRunState(rawValue: name))
        userMessageID = try reader.string("user_message_id") ?? ""
        firstOrder = try reader.integer("first_order") ?? 0
        assistantMessageID = try reader.string("assistant_message_id")
        taskID = try reader.string("task_id")
        steps = Int(try reader.integer("steps") ?? 0)
        error = try reader.string("error")
        rejection = try reader.string("rejection")
        output = reader.value("output") ?? .null
        finishedAt = try reader.time("finished_at")
    }
}

extension ChatMessageRecord {
    /// Everything of a message that no list asks for, as a store keeps it.
    public var document: JSONValue {
        var object: JSONObject = ["text": .string(text)]
        if !reasoning.isEmpty { object["reasoning"] = .string(reasoning) }
        if !reasoningState.isNull { object["reasoning_state"] = reasoningState }
        if let error { object["error"] = .string(error) }
        if !attachments.isEmpty { object["attachments"] = .array(attachments.map(\.json)) }
        if !tools.isEmpty { object["tools"] = .array(tools.map(\.json)) }
        if let toolCallID { object["tool_call_id"] = .string(toolCallID) }
        if let runID { object["run_id"] = .string(runID) }
        if let taskID { object["task_id"] = .string(taskID) }
        return .object(object)
    }

    /// Takes what ``document`` holds.
    ///
    /// - Throws: `WireFormatError` if it is none.
    public mutating func read(document: JSONValue) throws(WireFormatError) {
        let reader = try JSONReader(document)
        text = try reader.string("text") ?? ""
        reasoning = try reader.string("reasoning") ?? ""
        reasoningState = reader.value("reasoning_state") ?? .null
        error = try reader.string("error")
        attachments = try reader.list("attachments") ?? []
        tools = try reader.list("tools") ?? []
        toolCallID = try reader.string("tool_call_id")
        runID = try reader.string("run_id")
        taskID = try reader.string("task_id")
    }
}
