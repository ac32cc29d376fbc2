// SPDX-License-Identifier: Apache-2.0

import FerryClient
import FerryWire

extension SchemaSampler {
    /// A sample of what an app is set up with; null where its schema wants nothing.
    ///
    /// - Throws: ``CommandFailure`` if a file is wanted, which cannot be made up for a setup.
    static func setup(_ schema: JSONValue) throws(CommandFailure) -> JSONValue {
        guard schema.objectValue?.isEmpty == false else { return .null }
        let sample = try json(SchemaSampler(schema).sample())
        return sample.objectValue?.isEmpty == true ? .null : sample
    }

    private static func json(_ value: InputValue) throws(CommandFailure) -> JSONValue {
        switch value {
        case .null: return .null
        case .bool(let value): return .bool(value)
        case .integer(let value): return .integer(value)
        case .double(let value): return .double(value)
        case .string(let text): return .string(text)
        case .untrusted(let value): return try json(value)
        case .array(let elements):
            var made: [JSONValue] = []
            for element in elements { made.append(try json(element)) }
            return .array(made)
        case .object(let members):
            var made: JSONObject = [:]
            for member in members { made[member.key] = try json(member.value) }
            return .object(made)
        case .file:
            throw CommandFailure(
                .refused, "the app is set up with a file; give one: --setup '{\"member\":\"inf://…\"}'")
        }
    }
}
