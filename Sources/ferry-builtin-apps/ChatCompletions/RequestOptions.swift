// SPDX-License-Identifier: Apache-2.0

import FerryApp
import FerryWire

/// What a request says beside its messages, in the protocol's words.
enum RequestOptions {
    /// - Throws: ``AppFailure`` for a tool choice or an answer's form that nobody knows.
    static func members(of input: LLMInput) throws(AppFailure) -> JSONObject {
        var members: JSONObject = ["stream": true, "stream_options": ["include_usage": true]]
        if !input.tools.isEmpty {
            var tools: [JSONValue] = []
            for tool in input.tools { tools.append(try Self.tool(tool)) }
            members["tools"] = .array(tools)
            members["tool_choice"] = try input.toolChoice.map { choice throws(AppFailure) in try Self.choice(choice) }
        }
        members["response_format"] = try input.responseFormat.flatMap { form throws(AppFailure) in try Self.form(form) }
        members["temperature"] = input.temperature.map(JSONValue.double)
        members["top_p"] = input.topP.map(JSONValue.double)
        members["max_tokens"] = input.maxTokens.map { .integer(Int64($0)) }
        members["seed"] = input.seed.map { .integer(Int64($0)) }
        if let stop = input.stop, !stop.isEmpty { members["stop"] = .array(stop.map(JSONValue.string)) }
        members["frequency_penalty"] = input.frequencyPenalty.map(JSONValue.double)
        members["presence_penalty"] = input.presencePenalty.map(JSONValue.double)
        return members
    }

    private static func tool(_ tool: JSONValue) throws(AppFailure) -> JSONValue {
        guard let function = tool["function"]?.objectValue, let name = function["name"]?.stringValue else {
            throw AppFailure(
                "a tool must be {type: function, function: {name, description, parameters}}", code: .invalidInput)
        }
        var told: JSONObject = ["name": .string(name)]
        if let text = function["description"]?.stringValue { told["description"] = .string(text) }
        let parameters = function["parameters"]?.objectValue ?? [:]
        told["parameters"] = .object(parameters.isEmpty ? ["type": "object", "properties": [:]] : parameters)
        if let isStrict = function["strict"]?.boolValue { told["strict"] = .bool(isStrict) }
        return ["type": "function", "function": .object(told)]
    }

    private static func choice(_ choice: JSONValue) throws(AppFailure) -> JSONValue {
        let mode = choice.stringValue ?? choice["mode"]?.stringValue
        switch (mode, choice["name"]?.stringValue) {
        case ("none", _), ("auto", _), ("required", _): return .string(mode ?? "auto")
        case ("function", let name?): return ["type": "function", "function": ["name": .string(name)]]
        default:
            throw AppFailure(
                "tool_choice must be {mode: none, auto or required}, or {mode: function, name}", code: .invalidInput)
        }
    }

    /// Nil for plain text, which needs no word.
    private static func form(_ form: JSONValue) throws(AppFailure) -> JSONValue? {
        switch form["type"]?.stringValue {
        case "text": return nil
        case "json_object": return ["type": "json_object"]
        case "json_schema":
            guard let schema = form["json_schema"], schema.objectValue != nil else { break }
            var told: JSONObject = ["name": .string(form["name"]?.stringValue ?? "answer"), "schema": schema]
            if let isStrict = form["strict"]?.boolValue { told["strict"] = .bool(isStrict) }
            return ["type": "json_schema", "json_schema": .object(told)]
        default: break
        }
        throw AppFailure(
            "response_format must be {type: text}, {type: json_object} or {type: json_schema, name, json_schema, strict}",
            code: .invalidInput)
    }
}
