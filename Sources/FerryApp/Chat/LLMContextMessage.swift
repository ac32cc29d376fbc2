// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// A message of a chat before the turn at hand.
public struct LLMContextMessage: AppFields, Hashable {
    public static var allowsOtherMembers: Bool { true }

    @Field("Who said it.") public var role: LLMRole
    @Field("What was said.") public var text: String?
    @Field("What the model thought before it answered.") public var reasoning: String?
    @Field("The files that came with it, in order.") public var attachments: [File] = []
    @Field("The tools that the model called.") public var toolCalls: [LLMToolCall] = []
    @Field("Of a tool's result: the call that it answers.") public var toolCallID: String?

    /// A message of nobody: its role must be set.
    public init() {}
}

/// A call of a tool that a language model asks for.
public struct LLMToolCall: AppFields, Hashable {
    public static var allowsOtherMembers: Bool { true }

    /// Which tool, with what.
    public struct Function: AppFields, Hashable {
        public static var allowsOtherMembers: Bool { true }

        @Field("The tool's name.") public var name: String
        @Field("What it is called with, an object.") public var arguments: JSONValue = [:]

        /// A call of nothing: its name must be set.
        public init() {}
    }

    @Field("What the result refers to.") public var id: String
    @Field("Always function.") public var type = "function"
    @Field("Which tool, with what.") public var function: Function

    /// A call without contents, which must be set.
    public init() {}

    /// A call.
    public init(id: String, name: String, arguments: JSONObject) {
        self.init()
        self.id = id
        function = Function {
            $0.name = name
            $0.arguments = .object(arguments)
        }
    }
}
