// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// What an app tells of itself before it runs: the line that `describe` prints.
struct AppManifest: Sendable, Hashable {
    var namespace: String
    var name: String
    var version: String
    var description: String
    var category = "other"
    var functions: [String: FunctionSchema]
    var defaultFunction = "run"
    /// JSON Schema of the setup; nil for an app that has none.
    var setup: JSONValue?
    /// Names of the secrets that the app asks for.
    var secrets: [String] = []

    /// `namespace/name`; the name alone when there is no namespace.
    var reference: String { namespace.isEmpty ? name : "\(namespace)/\(name)" }

    /// The form that `describe` prints, functions ordered by name.
    var json: JSONValue {
        let table = functions.sorted { $0.key < $1.key }.map { ($0.key, $0.value.json) }
        var members: JSONObject = [
            "namespace": .string(namespace), "name": .string(name), "version": .string(version),
            "description": .string(description), "category": .string(category),
            "default_function": .string(defaultFunction), "functions": .object(JSONObject(members: table)),
        ]
        if let setup { members["setup_schema"] = setup }
        if !secrets.isEmpty { members["secrets"] = .array(secrets.map(JSONValue.string)) }
        return .object(members)
    }
}
