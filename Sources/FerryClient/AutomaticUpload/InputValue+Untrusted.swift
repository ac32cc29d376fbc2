// SPDX-License-Identifier: Apache-2.0

public import FerryWire

extension InputValue {
    /// A value that came from a task, an agent, a tool or another stranger: no string in it is ever taken for a file.
    public init(untrusted json: JSONValue) { self = .untrusted(InputValue(json)) }
}

extension TaskResult {
    /// The output as a part of another task's input. Its file addresses work there; no string in it is ever taken for
    /// a local file.
    public var asInput: InputValue { InputValue(untrusted: output) }

    /// A member of the output as a part of another task's input, likewise; null if there is none.
    public func asInput(_ member: String) -> InputValue { InputValue(untrusted: output[member] ?? .null) }
}
