// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// What a language model's answer has grown by since the last increment.
///
/// Text is appended to what is there, calls of tools are found again by their index, everything else takes the place of
/// what was there.
public struct LLMDelta: Sendable, Hashable {
    /// What a call of a tool has grown by.
    public struct ToolCall: Sendable, Hashable {
        /// Which of the answer's calls it is, counted from 0.
        public var index: Int
        /// What the result refers to; comes once.
        public var id: String?
        /// The tool's name; comes once.
        public var name: String?
        /// A piece of the arguments, which are the text of a JSON object.
        public var arguments: String?

        /// An increment of a call.
        public init(index: Int, id: String? = nil, name: String? = nil, arguments: String? = nil) {
            self.index = index
            self.id = id
            self.name = name
            self.arguments = arguments
        }
    }

    /// Text of the answer.
    public var response: String?
    /// Text of what the model thinks.
    public var reasoning: String?
    /// Calls of tools.
    public var toolCalls: [ToolCall]
    /// What the answer cost.
    public var usage: LLMUsage?

    /// An increment.
    public init(
        response: String? = nil, reasoning: String? = nil, toolCalls: [ToolCall] = [], usage: LLMUsage? = nil
    ) {
        self.response = response
        self.reasoning = reasoning
        self.toolCalls = toolCalls
        self.usage = usage
    }

    /// Whether nothing has grown.
    public var isEmpty: Bool {
        (response ?? "").isEmpty && (reasoning ?? "").isEmpty && toolCalls.isEmpty && usage == nil
    }

    /// Appends a later increment.
    public mutating func merge(_ later: LLMDelta) {
        response = Self.joined(response, later.response)
        reasoning = Self.joined(reasoning, later.reasoning)
        for call in later.toolCalls {
            guard let place = toolCalls.firstIndex(where: { $0.index == call.index }) else {
                toolCalls.append(call)
                continue
            }
            toolCalls[place].id = call.id ?? toolCalls[place].id
            toolCalls[place].name = call.name ?? toolCalls[place].name
            toolCalls[place].arguments = Self.joined(toolCalls[place].arguments, call.arguments)
        }
        usage = later.usage ?? usage
    }

    /// All of it as an answer, when nothing more comes.
    ///
    /// - Throws: ``AppFailure`` (`invalid_output`) if a call has no name, or arguments that are no JSON object.
    public func output() throws(AppFailure) -> LLMOutput {
        var output = LLMOutput()
        output.response = response ?? ""
        output.reasoning = (reasoning ?? "").isEmpty ? nil : reasoning
        output.usage = usage
        var calls: [LLMToolCall] = []
        for call in toolCalls.sorted(by: { $0.index < $1.index }) { calls.append(try call.whole()) }
        output.toolCalls = calls.isEmpty ? nil : calls
        return output
    }

    /// The form in which it goes to the host, without what has not grown.
    public var json: JSONValue {
        var members: JSONObject = [:]
        if let response { members["response"] = .string(response) }
        if let reasoning { members["reasoning"] = .string(reasoning) }
        if !toolCalls.isEmpty { members["tool_calls"] = .array(toolCalls.map(\.json)) }
        if let usage { members["usage"] = try? FieldWriter().json(of: usage) }
        return .object(members)
    }

    private static func joined(_ text: String?, _ more: String?) -> String? {
        guard let text, let more else { return text ?? more }
        return text + more
    }
}

extension LLMDelta.ToolCall {
    /// `{"index", "id", "type", "function": {"name", "arguments"}}`, without what has not grown.
    fileprivate var json: JSONValue {
        var members: JSONObject = ["index": .integer(Int64(index))]
        if let id {
            members["id"] = .string(id)
            members["type"] = "function"
        }
        var function: JSONObject = [:]
        if let name { function["name"] = .string(name) }
        if let arguments { function["arguments"] = .string(arguments) }
        if !function.isEmpty { members["function"] = .object(function) }
        return .object(members)
    }

    fileprivate func whole() throws(AppFailure) -> LLMToolCall {
        guard let name, !name.isEmpty else {
            throw AppFailure("the model called a tool without naming it; try again", code: .invalidOutput)
        }
        let text = arguments ?? ""
        let isBlank = text.utf8.allSatisfy { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
        guard let object = isBlank ? [:] : (try? JSONValue(parsing: text))?.objectValue else {
            throw AppFailure(
                "the model called the tool \(name) with arguments that are no JSON object; try again, or let the "
                    + "answer be longer (max_tokens) if it was cut", code: .invalidOutput)
        }
        return LLMToolCall(id: id ?? "call_\(index)", name: name, arguments: object)
    }
}
