// SPDX-License-Identifier: Apache-2.0

/// An API key as lists show it; the secret is there only in the answer that made it.
public struct KeyDTO: JSONConvertible, Hashable {
    /// Id, 26 characters.
    public var id: String
    /// A person's name for it.
    public var name: String
    /// The team it belongs to, by name.
    public var team: String
    /// What it may do.
    public var scopes: [String]
    /// When it was made.
    public var createdAt: Timestamp
    /// When it was revoked; nil while it works.
    public var revokedAt: Timestamp?
    /// The key itself, shown once.
    public var key: String?

    /// A key.
    public init(
        id: String, name: String, team: String, scopes: [String], createdAt: Timestamp, revokedAt: Timestamp? = nil,
        key: String? = nil
    ) {
        self.id = id
        self.name = name
        self.team = team
        self.scopes = scopes
        self.createdAt = createdAt
        self.revokedAt = revokedAt
        self.key = key
    }

    public init(json: JSONValue) throws(WireFormatError) {
        let reader = try JSONReader(json)
        id = try reader.required("id", try reader.string("id"))
        name = try reader.string("name") ?? ""
        team = try reader.string("team") ?? ""
        scopes = try reader.strings("scopes") ?? []
        createdAt = try reader.time("created_at") ?? Timestamp(seconds: 0)
        revokedAt = try reader.time("revoked_at")
        key = try reader.string("key")
    }

    public var json: JSONValue {
        var object: JSONObject = [
            "id": .string(id), "name": .string(name), "team": .string(team),
            "scopes": .array(scopes.map(JSONValue.string)), "created_at": .time(createdAt),
            "revoked_at": .optional(revokedAt),
        ]
        if let key { object["key"] = .string(key) }
        return .object(object)
    }
}

/// The body of `POST /keys`.
public struct CreateKeyRequest: JSONConvertible, Hashable {
    /// A person's name for it.
    public var name: String
    /// The team, by name; nil for the caller's. Made when new.
    public var team: String?
    /// What it may do; nil for everything but managing keys and deploying apps.
    public var scopes: [String]?

    /// A request.
    public init(name: String, team: String? = nil, scopes: [String]? = nil) {
        self.name = name
        self.team = team
        self.scopes = scopes
    }

    public init(json: JSONValue) throws(WireFormatError) {
        let reader = try JSONReader(json)
        name = try reader.string("name") ?? ""
        team = try reader.string("team")
        scopes = try reader.strings("scopes")
    }

    public var json: JSONValue {
        var object: JSONObject = ["name": .string(name)]
        if let team { object["team"] = .string(team) }
        if let scopes { object["scopes"] = .array(scopes.map(JSONValue.string)) }
        return .object(object)
    }
}
