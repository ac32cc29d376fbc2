// SPDX-License-Identifier: Apache-2.0

public import FerryWire

extension Agent {
    /// Says something to the agent and waits for its answer.
    ///
    /// The files are uploaded first, some at a time (``TransferLimits/automaticUploads``), equal ones once. If one of
    /// them fails, the others are cancelled, what was uploaded for the message is deleted again, and nothing is said.
    /// While the agent is at work on an earlier message, this one waits its turn. Cancelling ends the wait; the agent
    /// goes on, see ``stopChat()``.
    ///
    /// - Parameters:
    ///   - text: the words, sent as they are, whatever they look like.
    ///   - files: at most ``maximumFiles``, in the order in which the agent is to see them.
    ///   - onToolCall: runs the tools the agent calls, one after the other, each call once; nil to get the message with
    ///     the calls instead.
    ///   - progress: called with each step of the uploads; the pointer in it is `/files/` and the position.
    /// - Returns: the agent's last message. If there is no `onToolCall` and its `toolInvocations` wait for the client,
    ///   answer them by ``submitToolResult(_:result:files:progress:)`` and go on with ``stream(onToolCall:)``.
    /// - Throws: ``FerryError``: `taskFailed` in the server's words, `taskCancelled` if the chat was stopped; of a file
    ///   with its number, name and cause, `limitExceeded` for too many; `notFound`, `forbidden` and what concerns the
    ///   connection. Also what `onToolCall` throws, and `CancellationError`.
    @discardableResult
    public func sendMessage(
        _ text: String, files: [AgentFile] = [], onToolCall: ToolHandler? = nil,
        progress: UploadPlanProgressHandler? = nil
    ) async throws -> ChatMessageDTO {
        try await answered(text, files, onToolCall, progress).outcome()
    }

    /// Says something to an agent with an output schema, waits for the end of its work, and gives what it found.
    ///
    /// - Returns: the structured output; null if there is none.
    /// - Throws: as ``sendMessage(_:files:onToolCall:progress:)``.
    public func run(
        _ text: String, files: [AgentFile] = [], onToolCall: ToolHandler? = nil,
        progress: UploadPlanProgressHandler? = nil
    ) async throws -> JSONValue {
        let follow = try await answered(text, files, onToolCall, progress)
        _ = try follow.outcome()
        return follow.output
    }

    /// Says something to the agent, and gives its answer as it is written.
    ///
    /// Of other works in the chat only its state is told. The message is sent when the first event is asked for.
    ///
    /// - Returns: the events; a failure of the agent's work is thrown after the last one. See ``AgentEvents``.
    public func streamMessage(
        _ text: String, files: [AgentFile] = [], onToolCall: ToolHandler? = nil,
        progress: UploadPlanProgressHandler? = nil
    ) -> AgentEvents {
        AgentEvents { try await self.follow(text, files, onToolCall, progress) }
    }

    /// Says something to the agent without waiting for the answer, which ``stream(onToolCall:)`` tells of.
    ///
    /// - Returns: the message as it was taken, `queued` if the agent is at work on an earlier one; its `chatID` is the
    ///   chat's.
    /// - Throws: as ``sendMessage(_:files:onToolCall:progress:)``, but for failures of the agent's work.
    @discardableResult
    public func postMessage(
        _ text: String, files: [AgentFile] = [], progress: UploadPlanProgressHandler? = nil
    ) async throws -> ChatMessageDTO {
        try await post(text, files, progress).response.userMessage
    }

    /// What happens in the chat from now on, whoever said what, up to the end of the agent's work; see ``AgentEvents``.
    ///
    /// - Throws: when iterated, `notFound` before the first message.
    public func stream(onToolCall: ToolHandler? = nil) -> AgentEvents {
        AgentEvents {
            ChatFollow(
                chat: try self.begun(), awaiting: nil, tools: onToolCall.map { ToolRunner(handler: $0, agent: self) },
                on: self.transport)
        }
    }

    /// Gives the result of a tool that the agent waits for. It goes on once all calls of its message have theirs; see
    /// ``stream(onToolCall:)``.
    ///
    /// - Parameters:
    ///   - id: the id of the call.
    ///   - result: the result, as text for the model; sent as it is, never looked up as a path.
    ///   - files: at most ``maximumFiles``, as those of a message.
    ///   - progress: called with each step of the uploads.
    /// - Returns: the call as it is now.
    /// - Throws: ``FerryError`` (`notFound`, `conflict` if it does not wait for a result any more, and as for a
    ///   message's files) and `CancellationError`.
    @discardableResult
    public func submitToolResult(
        _ id: String, result: String, files: [AgentFile] = [], progress: UploadPlanProgressHandler? = nil
    ) async throws -> ToolCall {
        try await api.submitToolResult(id, result: result, files: files, progress: progress)
    }

    /// Gives a result that is JSON: text as it is, everything else as its JSON text.
    @discardableResult
    public func submitToolResult(
        _ id: String, result: JSONValue, files: [AgentFile] = [], progress: UploadPlanProgressHandler? = nil
    ) async throws -> ToolCall {
        let text = result.stringValue ?? "\(result)"
        return try await submitToolResult(id, result: text, files: files, progress: progress)
    }

    /// Uploads bytes for use in messages.
    ///
    /// - Parameters:
    ///   - bytes: the content.
    ///   - filename: the name the agent sees.
    ///   - contentType: the media type; by default what the bytes, else the name, say.
    /// - Returns: the reference; ``AgentFile/reference(_:)`` attaches it.
    /// - Throws: as uploads do.
    public func uploadFile(
        _ bytes: some Collection<UInt8>, filename: String? = nil, contentType: String? = nil
    ) async throws -> FileRef {
        let options = UploadFileOptions(filename: filename, contentType: contentType)
        return FileRef(try await FilesAPI(transport: transport).upload(bytes, options: options))
    }

    /// Uploads a file for use in messages; one that is there already gives its reference.
    ///
    /// - Throws: as uploads do.
    public func uploadFile(
        _ file: AgentFile, progress: UploadPlanProgressHandler? = nil
    ) async throws -> FileRef {
        let uploaded = try await AttachmentUpload(transport: transport, maximumFiles: 1, progress: progress).run([file])
        guard let reference = uploaded.references.first else {
            throw FerryError.unexpectedAnswer("the upload gave no record")
        }
        return reference
    }

    private func follow(
        _ text: String, _ files: [AgentFile], _ onToolCall: ToolHandler?, _ progress: UploadPlanProgressHandler?
    ) async throws -> ChatFollow {
        let posted = try await post(text, files, progress)
        return ChatFollow(
            chat: posted.chatID, awaiting: AwaitedRun(posted.response),
            tools: onToolCall.map { ToolRunner(handler: $0, agent: self) }, on: transport)
    }

    /// The work on a message, at its end.
    private func answered(
        _ text: String, _ files: [AgentFile], _ onToolCall: ToolHandler?, _ progress: UploadPlanProgressHandler?
    ) async throws -> ChatFollow {
        var follow = try await follow(text, files, onToolCall, progress)
        while try await follow.next() != nil {}
        return follow
    }
}
