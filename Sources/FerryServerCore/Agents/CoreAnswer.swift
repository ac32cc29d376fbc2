// SPDX-License-Identifier: Apache-2.0

internal import FerryWire

/// What a core app answered.
struct CoreAnswer: Sendable, Hashable {
    /// A tool it calls.
    struct Call: Sendable, Hashable {
        var id: String
        var name: String
        /// An object.
        var arguments: JSONValue
    }

    var text = ""
    var reasoning = ""
    var reasoningState: JSONValue = .null
    var calls: [Call] = []
    /// Files it made, by `inf://` addresses.
    var files: [FileRef] = []

    /// Reads a task's output.
    ///
    /// - Throws: a reason in words.
    init(output: JSONValue) throws(ServerError) {
        guard let object = output.objectValue else {
            throw ServerError(.taskFailed, "the core app answered with no object of a response")
        }
        text = object["response"]?.stringValue ?? ""
        reasoning = object["reasoning"]?.stringValue ?? ""
        reasoningState = object["reasoning_state"] ?? .null
        for call in (object["tool_calls"]?.arrayValue ?? []).prefix(PartialAnswer.maximumToolCalls) {
            calls.append(try Self.call(call))
        }
        var rest = object
        for key in ["response", "reasoning", "reasoning_state", "tool_calls", "usage", "output_meta"] {
            rest[key] = nil
        }
        Self.collect(.object(rest), into: &files)
    }

    private static func call(_ json: JSONValue) throws(ServerError) -> Call {
        let name = json["function"]?["name"]?.stringValue ?? ""
        var arguments = json["function"]?["arguments"] ?? [:]
        // Models write their arguments as text.
        if let text = arguments.stringValue {
            arguments = text.utf8.isEmpty ? [:] : (try? JSONValue(parsing: text)) ?? .null
        }
        guard arguments.objectValue != nil, !name.isEmpty else {
            throw ServerError(.taskFailed, "the model called a tool with arguments that are no JSON object")
        }
        return Call(id: json["id"]?.stringValue ?? "", name: name, arguments: arguments)
    }

    private static func collect(_ value: JSONValue, into files: inout [FileRef]) {
        switch value {
        case .array(let elements): for element in elements { collect(element, into: &files) }
        case .object(let object):
            guard let text = object["uri"]?.stringValue, let uri = FileURI(text) else {
                for (_, member) in object { collect(member, into: &files) }
                return
            }
            files.append(
                FileRef(
                    uri: text, filename: object["filename"]?.stringValue ?? uri.filename,
                    contentType: object["content_type"]?.stringValue ?? MediaType.octetStream.description, id: uri.id,
                    size: object["size"]?.integerValue))
        default: return
        }
    }
}
