// SPDX-License-Identifier: Apache-2.0

/// One callable function of an app.
public struct AppFunctionDTO: JSONConvertible, Hashable {
    /// Its name.
    public var name: String
    /// What it does.
    public var description: String
    /// JSON Schema of its input; null if unknown.
    public var inputSchema: JSONValue
    /// JSON Schema of its output; null if unknown.
    public var outputSchema: JSONValue

    /// A function.
    public init(name: String, description: String = "", inputSchema: JSONValue, outputSchema: JSONValue) {
        self.name = name
        self.description = description
        self.inputSchema = inputSchema
        self.outputSchema = outputSchema
    }

    public init(json: JSONValue) throws(WireFormatError) {
        let reader = try JSONReader(json)
        name = try reader.string("name") ?? ""
        description = try reader.string("description") ?? ""
        inputSchema = reader.value("input_schema") ?? .null
        outputSchema = reader.value("output_schema") ?? .null
    }

    public var json: JSONValue {
        [
            "name": .string(name), "description": .string(description), "input_schema": inputSchema,
            "output_schema": outputSchema,
        ]
    }
}

/// An app as the API shows it, in its current version.
public struct AppDTO: JSONConvertible, Hashable {
    /// Id, stable over versions.
    public var id: String
    /// When it was first seen.
    public var createdAt: Timestamp
    /// When it last changed.
    public var updatedAt: Timestamp
    /// The owner's name.
    public var namespace: String
    /// The app's name.
    public var name: String
    /// What it does.
    public var description: String
    /// Kind of work: `image`, `video`, `other`, …
    public var category: String
    /// Id of this version.
    public var versionID: String
    /// The function called when none is named.
    public var defaultFunction: String
    /// Its functions.
    public var functions: [AppFunctionDTO]
    /// JSON Schema of what its workers are set up with; null if they take nothing, or it is unknown.
    public var setupSchema: JSONValue

    /// An app.
    public init(
        id: String, createdAt: Timestamp, updatedAt: Timestamp, namespace: String, name: String,
        description: String, category: String, versionID: String, defaultFunction: String,
        functions: [AppFunctionDTO], setupSchema: JSONValue = .null
    ) {
        self.id = id
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.namespace = namespace
        self.name = name
        self.description = description
        self.category = category
        self.versionID = versionID
        self.defaultFunction = defaultFunction
        self.functions = functions
        self.setupSchema = setupSchema
    }

    public init(json: JSONValue) throws(WireFormatError) {
        let reader = try JSONReader(json)
        id = try reader.string("id") ?? ""
        createdAt = try reader.time("created_at") ?? Timestamp(seconds: 0)
        updatedAt = try reader.time("updated_at") ?? createdAt
        namespace = try reader.string("namespace") ?? ""
        name = try reader.string("name") ?? ""
        description = try reader.string("description") ?? ""
        category = try reader.string("category") ?? ""
        versionID = try reader.string("version_id") ?? reader.value("version")?["id"]?.stringValue ?? ""
        let version = reader.value("version") ?? .null
        defaultFunction =
            try reader.string("default_function") ?? version["default_function"]?.stringValue ?? "run"
        setupSchema = reader.value("setup_schema") ?? version["setup_schema"] ?? .null
        let table = reader.value("functions")?.objectValue ?? version["functions"]?.objectValue ?? [:]
        var functions: [AppFunctionDTO] = []
        for (name, value) in table {
            var function = try AppFunctionDTO(json: value)
            function.name = name
            functions.append(function)
        }
        if functions.isEmpty, let input = reader.value("input_schema") ?? version["input_schema"] {
            let output = reader.value("output_schema") ?? version["output_schema"] ?? .null
            functions = [AppFunctionDTO(name: defaultFunction, inputSchema: input, outputSchema: output)]
        }
        self.functions = functions
    }

    public var json: JSONValue {
        let table = JSONValue.object(JSONObject(members: functions.map { ($0.name, $0.json) }))
        let main = function(named: nil)
        let version: JSONValue = [
            "id": .string(versionID), "short_id": .string(Identifier.short(versionID)),
            "default_function": .string(defaultFunction), "functions": table,
            "input_schema": main?.inputSchema ?? .null, "output_schema": main?.outputSchema ?? .null,
            "setup_schema": setupSchema,
        ]
        return [
            "id": .string(id), "short_id": .string(Identifier.short(id)), "created_at": .time(createdAt),
            "updated_at": .time(updatedAt), "deleted_at": nil, "user_id": "", "team_id": "", "visibility": "public",
            "namespace": .string(namespace), "name": .string(name), "ref": .string(reference),
            "description": .string(description), "category": .string(category), "version_id": .string(versionID),
            "version": version, "default_function": .string(defaultFunction), "functions": table,
            "input_schema": main?.inputSchema ?? .null, "output_schema": main?.outputSchema ?? .null,
            "setup_schema": setupSchema,
        ]
    }

    /// `namespace/name`.
    public var reference: String { "\(namespace)/\(name)" }

    /// The function of that name, or the default one.
    public func function(named name: String?) -> AppFunctionDTO? {
        functions.first { $0.name == name ?? defaultFunction }
    }
}
