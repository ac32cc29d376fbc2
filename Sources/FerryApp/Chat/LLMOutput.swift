// SPDX-License-Identifier: Apache-2.0

/// A language model's answer. What is nil is left out of the JSON.
public struct LLMOutput: AppOutput, Hashable {
    /// The answer's text.
    @Field("The answer's text.") public var response = ""
    /// What the model thought before it answered.
    public var reasoning: String?
    /// The tools that it wants called.
    public var toolCalls: [LLMToolCall]?
    /// What the answer cost.
    public var usage: LLMUsage?

    /// An empty answer.
    public init() {}
}

/// What an answer of a language model cost, as far as it is known.
public struct LLMUsage: AppFields, Hashable {
    public static var allowsOtherMembers: Bool { true }

    @Field("Why the answer ended: stop, length, tool_calls, …") public var stopReason = ""
    @Field("Tokens that the model read.") public var promptTokens = 0
    @Field("Tokens that it wrote.") public var completionTokens = 0
    @Field("Both together.") public var totalTokens = 0
    @Field("Seconds until the first token came.") public var timeToFirstToken = 0.0
    @Field("Tokens written in a second, once the first was there.") public var tokensPerSecond = 0.0

    /// Nothing known.
    public init() {}
}
