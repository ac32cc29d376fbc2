// SPDX-License-Identifier: Apache-2.0

/// The app that answers for an agent.
public struct CoreAppConfig: JSONConvertible, Hashable {
    /// The app's reference, `namespace/name[@version][:function]`, or its id.
    public var ref: String
    /// What the app is set up with.
    public var setup: JSONValue
    /// Members of each call's input beside the conversation: `temperature`, `model`, …
    public var input: JSONValue

    /// A core app.
    public init(ref: String, setup: JSONValue = .null, input: JSONValue = .null) {
        self.ref = ref
        self.setup = setup
        self.input = input
    }

    public init(json: JSONValue) throws(WireFormatError) {
        if let text = json.stringValue {
            ref = text
            setup = .null
            input = .null
            return
        }
        let reader = try JSONReader(json)
        let id = try reader.string("id")
        let reference = try reader.required("ref", try reader.string("ref") ?? id)
        let version = try reader.string("version_id") ?? ""
        ref = version.isEmpty || reference.unicodeScalars.contains("@") ? reference : Self.add(version, to: reference)
        setup = reader.value("setup") ?? .null
        input = reader.value("input") ?? .null
    }

    /// A function, where there is one, stands behind the version.
    private static func add(_ version: String, to reference: String) -> String {
        let parts = reference.split(separator: ":", maxSplits: 1).map(String.init)
        return "\(parts.first ?? "")@\(version)" + (parts.count > 1 ? ":\(parts[1])" : "")
    }

    public var json: JSONValue {
        var object: JSONObject = ["ref": .string(ref)]
        if !setup.isNull { object["setup"] = setup }
        if !input.isNull { object["input"] = input }
        return .object(object)
    }
}

/// A tool that an agent may call and the client runs.
public struct AgentTool: JSONConvertible, Hashable {
    /// Its name: up to 64 letters, digits, `_` and `-`.
    public var name: String
    /// What it does, for the model.
    public var description: String
    /// Who runs it; `client` is what this version knows.
    public var type: String
    /// JSON Schema of its arguments; an object's.
    public var inputSchema: JSONValue
    /// Everything else that was said of it.
    public var other: JSONObject

    /// A tool that the client runs.
    public init(name: String, description: String, inputSchema: JSONValue = ["type": "object", "properties": [:]]) {
        self.name = name
        self.description = description
        type = "client"
        self.inputSchema = inputSchema
        other = [:]
    }

    public init(json: JSONValue) throws(WireFormatError) {
        let reader = try JSONReader(json)
        name = try reader.required("name", try reader.string("name"))
        description = try reader.string("description") ?? ""
        type = try reader.string("type") ?? "client"
        inputSchema = reader.value("client")?["input_schema"] ?? ["type": "object", "properties": [:]]
        if inputSchema.isNull { inputSchema = ["type": "object", "properties": [:]] }
        var rest = reader.object
        for key in ["name", "description", "type"] { rest[key] = nil }
        if type == "client" { rest["client"] = nil }
        other = rest
    }

    public var json: JSONValue {
        var object: JSONObject = [
            "name": .string(name), "description": .string(description), "type": .string(type),
        ]
        if type == "client" { object["client"] = ["input_schema": inputSchema] }
        for (key, value) in other { object[key] = value }
        return .object(object)
    }
}

/// An agent made for one chat, or what a template says: which app answers, and what it is told.
public struct AgentConfig: JSONConvertible, Hashable {
    /// Its name.
    public var name: String?
    /// What it is for.
    public var description: String
    /// What the model is told before the conversation.
    public var systemPrompt: String
    /// Messages a person may begin with.
    public var examplePrompts: [String]
    /// The app that answers; nil leaves it to the server's template.
    public var coreApp: CoreAppConfig?
    /// The tools it may call.
    public var tools: [AgentTool]
    /// JSON Schema of what it is to find; null for free text.
    public var outputSchema: JSONValue
    /// Values the chat's context may give: `{name, description?, required?, default?, in_prompt?}` each.
    public var context: [JSONValue]

    /// An agent.
    public init(
        coreApp: CoreAppConfig?, name: String? = nil, description: String = "", systemPrompt: String = "",
        examplePrompts: [String] = [], tools: [AgentTool] = [], outputSchema: JSONValue = .null,
        context: [JSONValue] = []
    ) {
        self.name = name
        self.description = description
        self.systemPrompt = systemPrompt
        self.examplePrompts = examplePrompts
        self.coreApp = coreApp
        self.tools = tools
        self.outputSchema = outputSchema
        self.context = context
    }

    public init(json: JSONValue) throws(WireFormatError) {
        let reader = try JSONReader(json)
        name = try reader.string("name")
        description = try reader.string("description") ?? ""
        systemPrompt = try reader.string("system_prompt") ?? ""
        examplePrompts = try reader.strings("example_prompts") ?? []
        coreApp = try reader.value("core_app").map { json throws(WireFormatError) in
            do throws(WireFormatError) {
                return try CoreAppConfig(json: json)
            } catch {
                throw WireFormatError(
                    pointer: JSONPointer(tokens: reader.pointer.tokens + ["core_app"] + error.pointer.tokens),
                    reason: error.reason)
            }
        }
        tools = try reader.list("tools") ?? []
        outputSchema = reader.value("output_schema") ?? .null
        context = try reader.array("context") ?? []
    }

    public var json: JSONValue {
        var object: JSONObject = ["system_prompt": .string(systemPrompt)]
        if let name { object["name"] = .string(name) }
        if !description.isEmpty { object["description"] = .string(description) }
        if !examplePrompts.isEmpty { object["example_prompts"] = .array(examplePrompts.map(JSONValue.string)) }
        if let coreApp { object["core_app"] = coreApp.json }
        if !tools.isEmpty { object["tools"] = .array(tools.map(\.json)) }
        if !outputSchema.isNull { object["output_schema"] = outputSchema }
        if !context.isEmpty { object["context"] = .array(context) }
        return .object(object)
    }
}
