// SPDX-License-Identifier: Apache-2.0

import FerryApp
import FerryWire

/// Puts a model server's answer together, event by event. Pure.
struct CompletionReader: Sendable {
    /// What came so far.
    private(set) var answer = LLMDelta()
    /// Why the answer ended; nil until it has.
    private(set) var finishReason: String?
    /// Whether the server said that nothing more comes.
    private(set) var isDone = false
    /// What the server counted.
    private(set) var usage: JSONObject?

    private let limits: ChatCompletionLimits
    private let secret: String?
    private let makeID: @Sendable () -> String
    private var size = 0

    /// - Parameters:
    ///   - secret: what errors never show, even if the server does.
    ///   - makeID: makes the id of a call that the server gave none.
    init(
        limits: ChatCompletionLimits = .standard, secret: String? = nil,
        makeID: @escaping @Sendable () -> String = { "call_\(Identifier.random())" }
    ) {
        self.limits = limits
        self.secret = secret
        self.makeID = makeID
    }

    /// Whether the answer is whole.
    var isWhole: Bool { isDone || finishReason != nil }

    /// Takes an event of a stream, and gives what the answer grew by.
    ///
    /// - Throws: ``AppFailure``.
    mutating func take(event: [UInt8]) throws(AppFailure) -> LLMDelta {
        if event == Array("[DONE]".utf8) {
            isDone = true
            return LLMDelta()
        }
        return try take(event, member: "delta")
    }

    /// Takes an answer that came as a whole.
    ///
    /// - Throws: ``AppFailure``.
    mutating func take(whole: [UInt8]) throws(AppFailure) -> LLMDelta {
        let delta = try take(whole, member: "message")
        isDone = true
        return delta
    }

    private mutating func take(_ bytes: [UInt8], member: String) throws(AppFailure) -> LLMDelta {
        guard let json = LenientJSON.parse(bytes), json.objectValue != nil else {
            throw AppFailure(
                "the model server sent something that is no chat completion; check that "
                    + "FERRY_SECRET_\(ModelServerSettings.baseName) is the address of such a server, which ends in /v1 "
                    + "with most")
        }
        if let error = json["error"], !error.isNull {
            let words = ModelServerFailure.words(of: json, without: secret, limits: limits)
            throw AppFailure(
                "the model server gave up \(words.isEmpty ? "without saying why" : "and said: “\(words)”")")
        }
        if let counted = json["usage"]?.objectValue { usage = counted }
        guard let choice = json["choices"]?[0] else {
            guard member == "delta" else {
                throw AppFailure("the model server's answer holds no choice; try again, or choose another model")
            }
            return LLMDelta()
        }
        if let reason = choice["finish_reason"]?.stringValue { finishReason = reason }
        let grown = try delta(choice[member] ?? .null)
        size += Self.size(of: grown)
        guard size <= limits.answerBytes else {
            throw AppFailure(
                "the model's answer is longer than \(limits.answerBytes >> 10) KiB; set max_tokens, or ask for less")
        }
        answer.merge(grown)
        return grown
    }

    private func delta(_ json: JSONValue) throws(AppFailure) -> LLMDelta {
        func text(_ name: String) -> String? {
            json[name]?.stringValue.flatMap { $0.utf8.isEmpty ? nil : $0 }
        }
        var delta = LLMDelta(
            response: text("content") ?? text("refusal"), reasoning: text("reasoning_content") ?? text("reasoning"))
        let calls = json["tool_calls"]?.arrayValue ?? []
        guard calls.count <= limits.toolCalls else { throw tooManyCalls }
        for call in calls { delta.merge(LLMDelta(toolCalls: [try part(of: call, delta)])) }
        return delta
    }

    private var tooManyCalls: AppFailure {
        AppFailure(
            "the model calls more than \(limits.toolCalls) tools in one answer; ask for less, or choose another model")
    }

    /// - Parameter sofar: what the same event said before.
    private func part(of call: JSONValue, _ sofar: LLMDelta) throws(AppFailure) -> LLMDelta.ToolCall {
        let known = answer.toolCalls + sofar.toolCalls
        let last = known.map(\.index).max()
        let id = call["id"]?.stringValue.flatMap { $0.utf8.isEmpty ? nil : $0 }
        let index: Int
        if let told = call["index"]?.integerValue {
            guard told >= 0, told < limits.toolCalls else {
                throw AppFailure(
                    "the model server gives a call of a tool the index \(told), which must be from 0 to "
                        + "\(limits.toolCalls - 1); ask for less, or choose another model")
            }
            index = Int(told)
        } else if let id {
            // A server that does not count: an id that is new begins a call.
            index = known.first { $0.id == id }?.index ?? (last ?? -1) + 1
        } else {
            index = last ?? 0
        }
        guard index < limits.toolCalls else { throw tooManyCalls }
        let isNew = !known.contains { $0.index == index }
        let arguments = call["function"]?["arguments"]
        let name = call["function"]?["name"]?.stringValue.flatMap { $0.utf8.isEmpty ? nil : $0 }
        return LLMDelta.ToolCall(
            index: index, id: id ?? (isNew ? makeID() : nil), name: name,
            // Some servers give the object itself.
            arguments: arguments?.stringValue ?? arguments?.objectValue.map { "\(JSONValue.object($0))" })
    }

    private static func size(of delta: LLMDelta) -> Int {
        let calls = delta.toolCalls.reduce(0) { $0 + ($1.arguments?.utf8.count ?? 0) + ($1.name?.utf8.count ?? 0) + 64 }
        return (delta.response?.utf8.count ?? 0) + (delta.reasoning?.utf8.count ?? 0) + calls
    }
}
