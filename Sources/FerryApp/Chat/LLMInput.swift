// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// What a language model's app is given for one turn of a chat.
///
/// Use it as the input of an app, or declare a struct of one's own with those of these fields that the app knows: the
/// server gives an app the members that its schema has. Files come as ``attachments``, in the order in which they were
/// attached; a type with fields `images` and `files` gets them sorted into these instead.
public struct LLMInput: AppInput {
    public static var allowsOtherMembers: Bool { true }

    @Field("The text of this turn; of a tool's result, that result.") public var text = ""
    @Field("The files of this turn, in order.") public var attachments: [File] = []
    @Field("The messages before this turn, oldest first.") public var context: [LLMContextMessage] = []
    @Field("Whose turn it is: user, or tool for a tool's result.") public var role: LLMRole = .user
    @Field("Of a tool's result: the call that it answers.") public var toolCallID: String?
    @Field("What the model is told before everything else.") public var systemPrompt = ""
    @Field("The tools that the model may call, each as {type, function: {name, description, parameters}}.")
    public var tools: [JSONValue] = []
    @Field("Whether tools are to be called: {mode: none, auto, required or function, name}.")
    public var toolChoice: JSONValue?
    @Field("The form of the answer: {type: text, json_object or json_schema, name, json_schema, strict}.")
    public var responseFormat: JSONValue?
    @Field("How freely words are chosen.", in: 0.0...) public var temperature: Double?
    @Field("Share of the likeliest words that are chosen from.", in: 0.0...1.0) public var topP: Double?
    @Field("Most tokens of the answer.", in: 1...) public var maxTokens: Int?
    @Field("Makes equal turns give equal answers, where the model can do that.") public var seed: Int?
    @Field("Texts that end the answer.") public var stop: [String]?
    @Field("Makes words rarer the more often they stand there already.", in: -2.0...2.0)
    public var frequencyPenalty: Double?
    @Field("Makes words rarer that stand there already.", in: -2.0...2.0) public var presencePenalty: Double?
    @Field("Which of several models is to answer.") public var model: String?

    /// An empty turn of the user.
    public init() {}
}

/// Who said something in a chat.
public enum LLMRole: String, Codable, Sendable, Hashable, CaseIterable {
    /// Whoever set the chat up.
    case system
    /// The person, or the program, that the model answers.
    case user
    /// The model.
    case assistant
    /// A tool that the model called.
    case tool
}
