// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// What a program says of its apps: one JSON array of manifests.
enum AppManifests {
    /// The apps of a description.
    ///
    /// Ids follow from the app's reference, version ids from its manifest, so both stay the same over restarts and
    /// on every server.
    /// - Parameter time: when the apps came and last changed.
    /// - Throws: `JSONSyntaxError`, `WireFormatError`.
    static func parse(_ bytes: [UInt8], at time: Timestamp, maximumBytes: Int) throws -> [AppDTO] {
        try described(bytes, at: time, maximumBytes: maximumBytes).map(\.app)
    }

    /// An app, and the JSON Schema of what it is set up with, if it takes anything.
    struct Described: Sendable {
        let app: AppDTO
        let setupSchema: JSONValue?
        /// Names of the secrets that the program asks the server's operator for.
        var secrets: [String] = []
    }

    static func described(_ bytes: [UInt8], at time: Timestamp, maximumBytes: Int) throws -> [Described] {
        let json = try JSONValue(parsing: bytes, limits: JSONLimits(maximumBytes: maximumBytes))
        guard let manifests = json.arrayValue else {
            throw WireFormatError(pointer: .root, reason: "expected an array, got \(json.kind)")
        }
        var apps: [Described] = []
        for (index, manifest) in manifests.enumerated() {
            let app = try app(manifest, at: JSONPointer.root.appending(String(index)), time)
            guard !apps.contains(where: { $0.app.reference == app.reference }) else {
                throw WireFormatError(pointer: .root, reason: "holds \(app.reference) twice")
            }
            let secrets = (manifest["secrets"]?.arrayValue ?? []).compactMap(\.stringValue)
            apps.append(Described(app: app, setupSchema: setupSchema(manifest), secrets: secrets))
        }
        return apps
    }

    /// The app of a folder: what the folder's settings say counts, the program adds what it can do.
    ///
    /// - Returns: the app, and what the program calls it; empty if it leaves that to the settings.
    /// - Throws: `JSONSyntaxError`, `WireFormatError`, ``AppFolderProblem``.
    static func app(
        of folder: AppFolder, _ bytes: [UInt8], maximumBytes: Int
    ) throws -> (Described, reference: String) {
        let json = try JSONValue(parsing: bytes, limits: JSONLimits(maximumBytes: maximumBytes))
        let manifests = json.arrayValue ?? []
        func reference(_ manifest: JSONValue) -> String {
            "\(manifest["namespace"]?.stringValue ?? "")/\(manifest["name"]?.stringValue ?? "")"
        }
        let named: JSONValue? = manifests.first { reference($0) == folder.reference }
        let only: JSONValue? = manifests.count == 1 ? manifests.first : .none
        guard let chosen = named ?? only, var members = chosen.objectValue else {
            throw AppFolderProblem("its program holds several apps, none of them \(folder.reference)")
        }
        let settings = folder.settings
        members["namespace"] = .string(settings.namespace)
        members["name"] = .string(settings.name)
        if let text = settings.description { members["description"] = .string(text) }
        if let text = settings.category { members["category"] = .string(text) }
        if let text = settings.defaultFunction { members["default_function"] = .string(text) }
        let functions = members["functions"]?.objectValue ?? [:]
        let defaultFunction = members["default_function"]?.stringValue ?? "run"
        guard functions[defaultFunction] != nil else {
            let names = functions.map(\.key).joined(separator: ", ")
            throw AppFolderProblem("its default function is \(defaultFunction), but it has \(names)")
        }
        var found = try app(.object(members), at: .root, folder.changed)
        found.versionID = folder.versionID
        let own = reference(chosen)
        return (Described(app: found, setupSchema: setupSchema(chosen)), own == "/" ? "" : own)
    }

    private static func setupSchema(_ manifest: JSONValue) -> JSONValue? {
        guard let schema = manifest["setup_schema"], !schema.isNull else { return nil }
        return schema
    }

    private static func app(
        _ manifest: JSONValue, at pointer: JSONPointer, _ time: Timestamp
    ) throws(WireFormatError) -> AppDTO {
        let reader = try JSONReader(manifest, at: pointer)
        let namespace = try reader.required("namespace", try reader.string("namespace"))
        let name = try reader.required("name", try reader.string("name"))
        let reference = "\(namespace)/\(name)"
        guard AppReference(reference) == AppReference(namespace: namespace, name: name) else {
            throw WireFormatError(pointer: pointer, reason: "has no usable namespace and name")
        }
        var functions: [AppFunctionDTO] = []
        for (name, value) in try reader.required("functions", reader.value("functions")?.objectValue) {
            let function = try JSONReader(value, at: pointer.appending("functions").appending(name))
            functions.append(
                AppFunctionDTO(
                    name: name, description: try function.string("description") ?? "",
                    inputSchema: function.value("input_schema") ?? .null,
                    outputSchema: function.value("output_schema") ?? .null))
        }
        let defaultFunction = try reader.string("default_function") ?? "run"
        guard functions.contains(where: { $0.name == defaultFunction }) else {
            throw WireFormatError(pointer: pointer, reason: "has no function \(defaultFunction), its default")
        }
        return AppDTO(
            id: StableIdentifier.make("app/\(reference)"), createdAt: time, updatedAt: time, namespace: namespace,
            name: name, description: try reader.string("description") ?? "",
            category: try reader.string("category") ?? "other",
            versionID: StableIdentifier.make(manifest.canonical.serialized()), defaultFunction: defaultFunction,
            functions: functions, setupSchema: setupSchema(manifest) ?? .null)
    }
}

extension JSONValue {
    /// The same value with the members of every object ordered by the bytes of their names.
    fileprivate var canonical: JSONValue {
        switch self {
        case .array(let elements): return .array(elements.map(\.canonical))
        case .object(let members):
            let sorted = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            return .object(JSONObject(members: sorted.map { ($0.key, $0.value.canonical) }))
        default: return self
        }
    }
}
