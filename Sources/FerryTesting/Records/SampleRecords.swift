// SPDX-License-Identifier: Apache-2.0

public import FerryServerCore
public import FerryWire

extension Timestamp {
    /// A fixed moment for tests, 2026-01-01T00:00:00Z.
    public static let sample = Timestamp(seconds: 1_767_225_600)
}

extension FileRecord {
    /// A pending record with usual values, and whatever a test cares about.
    public static func sample(
        id: String = Identifier.random(), teamID: String = Identifier.random(), createdAt: Timestamp = .sample,
        filename: String = "photo.png", contentType: String = "image/png", declaredSize: Int64? = nil,
        path: String = "", category: String = "", isPublic: Bool = false, blob: BlobReference? = nil
    ) -> FileRecord {
        FileRecord(
            id: id, teamID: teamID, userID: Identifier.random(), createdAt: createdAt, updatedAt: createdAt,
            filename: filename, contentType: contentType, declaredSize: declaredSize, path: path, category: category,
            isPublic: isPublic, blob: blob)
    }
}

extension BlobReference {
    /// A reference to bytes that are nowhere.
    public static func sample(key: String = "key-\(Identifier.random())", size: Int64 = 1) -> BlobReference {
        BlobReference(key: key, digest: BlobDigest(size: size, sha256: String(repeating: "a", count: 64)))
    }
}

extension TaskRecord {
    /// A record with usual values and one event, and whatever a test cares about.
    public static func sample(
        id: String = Identifier.random(), teamID: String = Identifier.random(), createdAt: Timestamp = .sample,
        status: TaskStatus = .received, app: String = "ferry/image-processor", function: String = "run",
        input: JSONValue = ["width": 640], setup: JSONValue = .null, output: JSONValue = .null,
        error: String? = nil, maximumAttempts: Int = 3
    ) -> TaskRecord {
        TaskRecord(
            id: id, teamID: teamID, userID: Identifier.random(), createdAt: createdAt, updatedAt: createdAt,
            status: status, app: app, appID: Identifier.random(), appVersionID: Identifier.random(),
            function: function, input: input, setup: setup, output: output, error: error,
            maximumAttempts: maximumAttempts, events: [Event(status: status, time: createdAt)])
    }
}

extension KeyRecord {
    /// A key of a team.
    public static func sample(
        id: String = Identifier.random(), team: TeamRecord, name: String = "laptop", hash: String? = nil,
        scopes: [String] = ["files:read", "files:write"], createdAt: Timestamp = .sample
    ) -> KeyRecord {
        var generator = SystemRandomNumberGenerator()
        let random = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        return KeyRecord(
            id: id, team: team, name: name, hash: hash ?? random.hexadecimal, scopes: scopes, createdAt: createdAt)
    }
}
