// SPDX-License-Identifier: Apache-2.0

/// An answer of a language model as far as it is known, put together of increments: `response` and `reasoning` grow,
/// `tool_calls` grow by their index, everything else is replaced.
public struct PartialAnswer: Sendable, Hashable {
    /// The answer's text.
    public private(set) var response = ""
    /// What the model thought.
    public private(set) var reasoning = ""
    /// Its calls of tools, by index.
    public private(set) var toolCalls: [ToolCall] = []
    /// What it cost.
    public private(set) var usage: JSONValue = .null

    /// One call of a tool, as far as it is known.
    public struct ToolCall: Sendable, Hashable {
        /// Its place among the answer's calls.
        public var index: Int64
        /// The model's id of it.
        public var id = ""
        /// The tool's name.
        public var name = ""
        /// The beginning of the JSON text of its arguments.
        public var arguments = ""

        func delta(argumentsFrom start: Int = 0) -> JSONValue {
            let rest = String(decoding: arguments.utf8.dropFirst(start), as: UTF8.self)
            guard start == 0 else { return ["index": .integer(index), "function": ["arguments": .string(rest)]] }
            return [
                "index": .integer(index), "id": .string(id), "type": "function",
                "function": ["name": .string(name), "arguments": .string(rest)],
            ]
        }
    }

    /// Most calls of tools in one answer. 128.
    public static let maximumToolCalls = 128

    /// Nothing yet.
    public init() {}

    /// Bytes of all text.
    public var size: Int {
        response.utf8.count + reasoning.utf8.count + toolCalls.reduce(0) { $0 + $1.arguments.utf8.count }
    }

    /// Adds an increment: the `delta` of a stream's line. What it does not know is left out.
    public mutating func append(_ delta: JSONValue) {
        if let text = delta["response"]?.stringValue { response += text }
        if let text = delta["reasoning"]?.stringValue { reasoning += text }
        if let value = delta["usage"], !value.isNull { usage = value }
        for call in delta["tool_calls"]?.arrayValue ?? [] { append(call: call) }
    }

    private mutating func append(call: JSONValue) {
        let index = call["index"]?.integerValue ?? 0
        let place: Int
        if let found = toolCalls.firstIndex(where: { $0.index == index }) {
            place = found
        } else {
            guard toolCalls.count < Self.maximumToolCalls else { return }
            place = toolCalls.firstIndex { $0.index > index } ?? toolCalls.endIndex
            toolCalls.insert(ToolCall(index: index), at: place)
        }
        if let id = call["id"]?.stringValue, !id.isEmpty { toolCalls[place].id = id }
        if let name = call["function"]?["name"]?.stringValue, !name.isEmpty { toolCalls[place].name = name }
        if let text = call["function"]?["arguments"]?.stringValue { toolCalls[place].arguments += text }
    }

    /// Takes a whole answer so far, as apps give it that do not know increments.
    public mutating func replace(with output: JSONValue) {
        response = output["response"]?.stringValue ?? response
        reasoning = output["reasoning"]?.stringValue ?? reasoning
        if let value = output["usage"], !value.isNull { usage = value }
        guard let calls = output["tool_calls"]?.arrayValue else { return }
        toolCalls = calls.prefix(Self.maximumToolCalls).enumerated().map { index, call in
            let arguments = call["function"]?["arguments"] ?? [:]
            return ToolCall(
                index: Int64(index), id: call["id"]?.stringValue ?? "",
                name: call["function"]?["name"]?.stringValue ?? "",
                arguments: arguments.stringValue ?? arguments.description)
        }
    }

    /// The answer so far, as an app would give it that knows no increments.
    public var output: JSONValue {
        var object: JSONObject = ["response": .string(response)]
        if !reasoning.isEmpty { object["reasoning"] = .string(reasoning) }
        if !toolCalls.isEmpty { object["tool_calls"] = .array(toolCalls.map { $0.delta() }) }
        if !usage.isNull { object["usage"] = usage }
        return .object(object)
    }

    /// How much of an answer somebody has been told.
    public struct Mark: Sendable, Hashable {
        var response = 0
        var reasoning = 0
        var arguments: [Int64: Int] = [:]
        var usage: JSONValue = .null

        /// Nothing.
        public init() {}
    }

    /// All that came since a mark, as one increment, and the mark of now.
    ///
    /// - Returns: nil if nothing came. An answer that does not go on from the mark, because it was begun again, comes
    ///   whole, and `isAnew` says so.
    public func delta(since mark: Mark) -> (delta: JSONValue, mark: Mark, isAnew: Bool)? {
        let isAnew =
            mark.response > response.utf8.count || mark.reasoning > reasoning.utf8.count
            || mark.arguments.contains { index, count in
                toolCalls.first { $0.index == index }.map { $0.arguments.utf8.count < count } ?? true
            }
        let since = isAnew ? Mark() : mark
        var object = JSONObject()
        var next = Mark()
        next.response = response.utf8.count
        next.reasoning = reasoning.utf8.count
        next.usage = usage
        if next.reasoning > since.reasoning {
            object["reasoning"] = .string(Self.tail(reasoning, since.reasoning))
        }
        if next.response > since.response { object["response"] = .string(Self.tail(response, since.response)) }
        var calls: [JSONValue] = []
        for call in toolCalls {
            let known = since.arguments[call.index]
            next.arguments[call.index] = call.arguments.utf8.count
            if known == nil || known! < call.arguments.utf8.count {
                calls.append(call.delta(argumentsFrom: known ?? 0))
            }
        }
        if !calls.isEmpty { object["tool_calls"] = .array(calls) }
        if usage != since.usage, !usage.isNull { object["usage"] = usage }
        guard !object.isEmpty else { return nil }
        return (.object(object), next, isAnew)
    }

    private static func tail(_ text: String, _ start: Int) -> String {
        String(decoding: text.utf8.dropFirst(start), as: UTF8.self)
    }
}

/// The `data` of a stream's `delta` line.
public struct AnswerDelta: JSONConvertible, Hashable {
    /// The increment.
    public var delta: JSONValue
    /// Grows with each increment of a message.
    public var seq: Int64
    /// The message it belongs to.
    public var messageID: String
    /// Whether it holds everything so far, not what came since the one before: the first one of each connection.
    public var isWhole: Bool

    /// An increment.
    public init(delta: JSONValue, seq: Int64, messageID: String, isWhole: Bool = false) {
        self.delta = delta
        self.seq = seq
        self.messageID = messageID
        self.isWhole = isWhole
    }

    public init(json: JSONValue) throws(WireFormatError) {
        let reader = try JSONReader(json)
        delta = reader.value("delta") ?? [:]
        seq = try reader.integer("seq") ?? 0
        messageID = try reader.string("resource_id") ?? ""
        isWhole = try reader.bool("whole") ?? false
    }

    public var json: JSONValue {
        var object: JSONObject = ["delta": delta, "seq": .integer(seq), "resource_id": .string(messageID)]
        if isWhole { object["whole"] = true }
        return .object(object)
    }
}
