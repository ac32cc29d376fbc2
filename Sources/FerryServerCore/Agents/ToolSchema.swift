// SPDX-License-Identifier: Apache-2.0

internal import FerryWire

/// The JSON Schema of what a model calls a tool with, the one that hands over an agent's output included. Models take
/// objects alone.
struct ToolSchema: Sendable {
    private let schema: JSONValue

    init(_ schema: JSONValue) { self.schema = schema }

    /// Refuses what no model could be given: the schema must be an object's, which `"type": "object"` says, or, without
    /// a type, `properties`.
    ///
    /// - Parameters:
    ///   - place: the schema's place in the request.
    ///   - mayBeEmpty: whether `{}` is fine, as of a tool that takes nothing.
    /// - Throws: ``ServerError`` of code `validation_error` that names the place.
    func check(_ place: String, mayBeEmpty: Bool) throws(ServerError) {
        func refusal(_ reason: String) -> ServerError { ServerError(.validation, "\(place)\(reason)") }
        guard let object = schema.objectValue else {
            throw refusal(": is of the type \(schema.kind); give a JSON Schema with \"type\": \"object\"")
        }
        if let type = object["type"], type != "object" {
            let name =
                type.stringValue.map { "\"\(String($0.unicodeScalars.prefix(20)))\"" } ?? "of the type \(type.kind)"
            throw refusal(
                "/type: is \(name), but must be \"object\"; make what you want one of an object's \"properties\"")
        }
        if let properties = object["properties"] {
            guard properties.objectValue != nil else {
                throw refusal("/properties: is of the type \(properties.kind), but must be an object")
            }
        } else if object["type"] == nil, !(mayBeEmpty && object.count == 0) {
            throw refusal(": describes no object; give it \"type\": \"object\" and its \"properties\"")
        }
    }

    /// The schema for a model: with its type, which some model servers insist on.
    var parameters: JSONValue {
        guard var object = schema.objectValue, object["type"] == nil else { return schema }
        object["type"] = "object"
        return .object(object)
    }
}
