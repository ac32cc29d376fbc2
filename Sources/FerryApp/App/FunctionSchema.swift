// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// What one function of an app takes and gives, as JSON Schema.
///
/// A file is `{"type": "string", "format": "file"}`.
public struct FunctionSchema: Sendable, Hashable {
    /// JSON Schema of the input object.
    public var input: JSONValue
    /// JSON Schema of the output object.
    public var output: JSONValue
    /// What the function does, for people; may be empty.
    public var description: String

    /// A pair of schemas.
    public init(input: JSONValue, output: JSONValue, description: String = "") {
        self.input = input
        self.output = output
        self.description = description
    }

    /// The form that `describe` prints.
    public var json: JSONValue {
        ["description": .string(description), "input_schema": input, "output_schema": output]
    }
}
