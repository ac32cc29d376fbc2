// SPDX-License-Identifier: Apache-2.0

internal import FerryWire

/// The JSON Schema of what a model calls a tool with, the one that hands over an agent's output included. Models take
/// objects alone.
struct ToolSchema: Sendable {
    private let schema: JSONValue

    init(_ schema: JSONValue) { self.schema = schema }

    /// Refuses what no model could be given, or could meet: the schema must be an object's, which `"type": "object"`
    /// says, or, without a type, `properties`; and within it there is no type or reference that means nothing.
    ///
    /// - Parameter mayBeEmpty: whether `{}` is fine, as of a tool that takes nothing.
    /// - Throws: `WireFormatError` with the place within the schema.
    func check(mayBeEmpty: Bool) throws(WireFormatError) {
        func refusal(_ reason: String, at key: String? = nil) -> WireFormatError {
            WireFormatError(pointer: key.map { JSONPointer.root.appending($0) } ?? .root, reason: reason)
        }
        guard let object = schema.objectValue else {
            throw refusal("is of the type \(schema.kind); give a JSON Schema with \"type\": \"object\"")
        }
        if let type = object["type"], type != "object" {
            throw refusal(
                "is \(SchemaCheck.shown(type)), but must be \"object\"; make what you want one of an object's "
                    + "\"properties\"", at: "type")
        }
        if let properties = object["properties"] {
            guard properties.objectValue != nil else {
                throw refusal("is of the type \(properties.kind), but must be an object", at: "properties")
            }
        } else if object["type"] == nil, !(mayBeEmpty && object.count == 0) {
            throw refusal("describes no object; give it \"type\": \"object\" and its \"properties\"")
        }
        var check = SchemaCheck(schema)
        if let problem = check.firstProblem() { throw problem }
    }

    /// The schema for a model: with its type, which some model servers insist on.
    var parameters: JSONValue {
        guard var object = schema.objectValue, object["type"] == nil else { return schema }
        object["type"] = "object"
        return .object(object)
    }
}
