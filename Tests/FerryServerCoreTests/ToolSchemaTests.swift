// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import Testing

@testable import FerryServerCore

/// What a model may be asked to hand over.
@Suite struct ToolSchemaTests {
    @Test(
        arguments: [
            (["type": "string"], "/type: is \"string\""),
            (["type": ["object", "null"]], "/type: is of the type array"),
            (["type": "array", "items": ["type": "object"]], "/type: is \"array\""), (["type": nil], "/type: "),
            (["enum": ["a"]], "describes no object"), ([:], "describes no object"), ("x", "is of the type"),
            (true, "is of the type"), ([["type": "object"]], "is of the type array"),
            (["type": "object", "properties": ["a"]], "/properties: is of the type array"),
            (["type": .string(String(repeating: "t", count: 10_000))], "/type: is \"tttttttttttttttttttt\""),
        ] as [(JSONValue, String)])
    func `a schema that is no object's is refused in plain words`(schema: JSONValue, words: String) {
        let error = #expect(throws: WireFormatError.self) { try ToolSchema(schema).check(mayBeEmpty: false) }
        #expect(error?.description.hasPrefix(words) == true, "\(String(describing: error))")
        #expect(error.map { $0.description.utf8.count < 200 } == true)
    }

    @Test(
        arguments: [
            ["type": "object"], ["type": "object", "properties": ["n": ["type": "integer"]]],
            ["properties": ["n": ["type": "integer"]], "required": ["n"]],
        ] as [JSONValue])
    func `an object's schema is fine, and reaches the model with its type`(schema: JSONValue) throws {
        try ToolSchema(schema).check(mayBeEmpty: false)
        let parameters = ToolSchema(schema).parameters
        #expect(parameters["type"] == "object" && parameters["properties"] == schema["properties"])
        #expect(parameters["required"] == schema["required"])
    }

    @Test func `a tool that takes nothing may leave its schema empty`() throws {
        try ToolSchema([:]).check(mayBeEmpty: true)
        #expect(ToolSchema([:]).parameters == ["type": "object"])
    }

    @Test func `a schema without its type has it in what the app is given`() throws {
        let agent = AgentConfig(
            coreApp: CoreAppConfig(ref: "x/y"),
            tools: [AgentTool(name: "look", description: "", inputSchema: ["properties": ["a": [:]]])],
            outputSchema: ["properties": ["n": [:]]])
        let message = ChatMessageRecord(
            id: Identifier.random(), chatID: "c", teamID: "t", userID: "u", createdAt: .sample, order: 0, role: .user,
            text: "go")
        let input = try Conversation(
            agent: agent, context: [:], messages: [message], missingFiles: [], limits: ServerLimits()
        ).input(for: AppFunctionDTO(name: "run", inputSchema: .null, outputSchema: .null))
        let types = input["tools"]?.arrayValue?.map { $0["function"]?["parameters"]?["type"] }
        #expect(types == ["object", "object"])
    }
}
