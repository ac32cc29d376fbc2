// SPDX-License-Identifier: Apache-2.0

/// What a key may do.
public enum Scope: String, Sendable, CaseIterable {
    /// See and fetch files.
    case filesRead = "files:read"
    /// Upload, change and delete files.
    case filesWrite = "files:write"
    /// See apps, run them, see and cancel tasks.
    case appsExecute = "apps:execute"
    /// Install apps.
    case appsDeploy = "apps:deploy"
    /// Make and revoke keys.
    case keysManage = "keys:manage"

    /// What a new key may do unless told.
    static let standard: [Scope] = [.filesRead, .filesWrite, .appsExecute]
}

/// Who asks.
public struct Principal: Sendable, Hashable {
    /// The key's id, which also stands for the user.
    public var keyID: String
    /// The team the key speaks for.
    public var team: TeamRecord
    /// What the key may do.
    public var scopes: Set<Scope>
    /// Whether it is the root key, which may do everything, for every team.
    public var isRoot: Bool

    /// A caller.
    public init(keyID: String, team: TeamRecord, scopes: Set<Scope>, isRoot: Bool) {
        self.keyID = keyID
        self.team = team
        self.scopes = scopes
        self.isRoot = isRoot
    }

    /// - Throws: ``ServerError`` unless the key has that scope.
    public func require(_ scope: Scope) throws(ServerError) {
        guard isRoot || scopes.contains(scope) else {
            throw ServerError(
                .insufficientScope, "this key lacks the scope \(scope.rawValue); use a key that has it")
        }
    }
}
