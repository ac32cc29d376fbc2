// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// What an app tells of itself before it runs.
public struct AppManifest: Sendable, Hashable {
    /// The owner's name, part of the app's reference.
    public var namespace: String
    /// The app's name, part of its reference.
    public var name: String
    /// The app's own version, as text; change it whenever a schema changes.
    public var version: String
    /// What the app does, for people.
    public var description: String
    /// Kind of work: `image`, `video`, `audio`, `text`, `other`, …
    public var category: String
    /// The functions by name.
    public var functions: [String: FunctionSchema]
    /// The function that is called when none is named.
    public var defaultFunction: String

    /// A manifest of these values.
    public init(
        namespace: String, name: String, version: String, description: String, category: String = "other",
        functions: [String: FunctionSchema], defaultFunction: String = "run"
    ) {
        self.namespace = namespace
        self.name = name
        self.version = version
        self.description = description
        self.category = category
        self.functions = functions
        self.defaultFunction = defaultFunction
    }

    /// `namespace/name`.
    public var reference: String { "\(namespace)/\(name)" }

    /// The form that `describe` prints, functions ordered by name.
    public var json: JSONValue {
        let table = functions.sorted { $0.key < $1.key }.map { ($0.key, $0.value.json) }
        return [
            "namespace": .string(namespace), "name": .string(name), "version": .string(version),
            "description": .string(description), "category": .string(category),
            "default_function": .string(defaultFunction), "functions": .object(JSONObject(members: table)),
        ]
    }
}
