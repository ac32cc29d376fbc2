// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// What one function of an app takes and gives, as JSON Schema.
struct FunctionSchema: Sendable, Hashable {
    /// JSON Schema of the input object.
    var input: JSONValue
    /// JSON Schema of the output object.
    var output: JSONValue
    /// What the function does, for people; may be empty.
    var description = ""

    /// The form that `describe` prints.
    var json: JSONValue {
        ["description": .string(description), "input_schema": input, "output_schema": output]
    }
}
