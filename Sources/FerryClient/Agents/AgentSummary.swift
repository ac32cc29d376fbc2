// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// An agent of the server, as lists show it.
public struct AgentSummary: JSONConvertible, Hashable {
    /// Its id.
    public var id: String
    /// Its namespace.
    public var namespace: String
    /// Its name.
    public var name: String
    /// What ``AgentsAPI/create(_:context:chatID:)`` takes: `namespace/name`.
    public var reference: String
    /// What it is for.
    public var description: String
    /// Its version.
    public var versionID: String
    /// Everything the server says of it.
    public var json: JSONValue

    public init(json: JSONValue) throws(WireFormatError) {
        let reader = try JSONReader(json)
        id = try reader.string("id") ?? ""
        namespace = try reader.string("namespace") ?? ""
        name = try reader.string("name") ?? ""
        reference = try reader.string("ref") ?? (namespace.isEmpty ? name : "\(namespace)/\(name)")
        description = try reader.string("description") ?? ""
        versionID = try reader.string("version_id") ?? reader.value("version")?["id"]?.stringValue ?? ""
        self.json = json
    }
}
