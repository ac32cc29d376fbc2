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
        let json = try JSONValue(parsing: bytes, limits: JSONLimits(maximumBytes: maximumBytes))
        guard let manifests = json.arrayValue else {
            throw WireFormatError(pointer: .root, reason: "expected an array, got \(json.kind)")
        }
        var apps: [AppDTO] = []
        for (index, manifest) in manifests.enumerated() {
            let app = try app(manifest, at: JSONPointer.root.appending(String(index)), time)
            guard !apps.contains(where: { $0.reference == app.reference }) else {
                throw WireFormatError(pointer: .root, reason: "holds \(app.reference) twice")
            }
            apps.append(app)
        }
        return apps
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
            functions: functions)
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
