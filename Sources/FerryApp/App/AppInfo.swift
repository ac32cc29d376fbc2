// SPDX-License-Identifier: Apache-2.0

/// What an app is called and what it is for. What it takes and gives follows from its types.
public struct AppInfo: Sendable, Hashable {
    /// `namespace/name`; a name alone where `inf.yml` tells the rest.
    public var reference: String
    /// The app's own version, as text.
    public var version: String
    /// What the app does, for people.
    public var description: String
    /// Kind of work: `image`, `video`, `audio`, `text`, `other`, …
    public var category: String
    /// What ``App/run(_:context:)`` does, for people; may be empty.
    public var runDescription: String
    /// The function that is called when none is named.
    public var defaultFunction: String
    /// Names of the secrets that the app asks the server's operator for, who gives each as `FERRY_SECRET_<NAME>`; the app
    /// finds it as a variable of that name in its environment. Counts for programs that belong to the server; an app in
    /// the folder of apps names its secrets in its `inf.yml`.
    public var secrets: [String]

    /// What an app tells of itself.
    ///
    /// - Parameters:
    ///   - reference: `namespace/name`.
    ///   - version: the app's own version; change it whenever its types change.
    ///   - description: what the app does, for people.
    ///   - category: kind of work: `image`, `video`, `audio`, `text`, `other`, …
    ///   - run: what ``App/run(_:context:)`` does, for people.
    ///   - defaultFunction: the function that is called when none is named.
    ///   - secrets: names of the secrets that the app asks for; see ``secrets``.
    public init(
        _ reference: String, version: String, description: String, category: String = "other", run: String = "",
        defaultFunction: String = "run", secrets: [String] = []
    ) {
        self.reference = reference
        self.version = version
        self.description = description
        self.category = category
        runDescription = run
        self.defaultFunction = defaultFunction
        self.secrets = secrets
    }
}
