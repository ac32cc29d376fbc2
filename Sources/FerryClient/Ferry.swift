// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// A client of the API: files, tasks, apps, agents and keys. Cheap to copy; copies share connections, limits and budget.
///
/// Connections are closed when the last copy goes away, or at once by ``shutdown()``; ``withFerry(configuration:_:)``
/// does that at the end of a scope.
public struct Ferry: Sendable {
    let transport: Transport

    /// A client as configured; nothing is taken from the environment and no connection is made.
    ///
    /// - Throws: ``FerryError`` (`invalidInput`) for a value that cannot be used.
    public init(configuration: FerryConfiguration) throws { transport = try Transport(configuration) }

    /// A client as the environment says: `INFERENCE_API_KEY` (else `INFSH_API_KEY`), `INFERENCE_BASE_URL`, the proxy
    /// variables and `SSL_CERT_FILE`; see ``FerryConfiguration/init(environment:)``.
    ///
    /// - Throws: ``FerryError`` (`unauthorized` without a key, `invalidInput`).
    public init() throws {
        let configuration = try FerryConfiguration.fromEnvironment()
        guard configuration.apiKey != nil else {
            throw FerryError(
                .unauthorized, "no API key: set INFERENCE_API_KEY, or use Ferry(apiKey:baseURL:)")
        }
        try self.init(configuration: configuration)
    }

    /// A client with this key at this address; proxies and certificate authorities as the environment says.
    ///
    /// - Throws: ``FerryError`` (`invalidInput`).
    public init(apiKey: String, baseURL: String = FerryConfiguration.defaultBaseURL) throws {
        var configuration = try FerryConfiguration.fromEnvironment()
        configuration.apiKey = APIKey(apiKey)
        configuration.baseURL = baseURL
        try self.init(configuration: configuration)
    }

    /// Where the API is.
    public var baseURL: String { transport.base.text }

    /// Stored files.
    public var files: FilesAPI { FilesAPI(transport: transport) }
    /// Runs of apps.
    public var tasks: TasksAPI { TasksAPI(transport: transport) }
    /// Apps and their schemas.
    public var apps: AppsAPI { AppsAPI(transport: transport) }
    /// Sessions of apps.
    public var sessions: SessionsAPI { SessionsAPI(transport: transport) }
    /// Agents and their chats.
    public var agents: AgentsAPI { AgentsAPI(transport: transport) }
    /// API keys.
    public var keys: KeysAPI { KeysAPI(transport: transport) }

    /// The server's state, which is asked for without the key; `status` is `ok` if it is well.
    ///
    /// - Throws: ``FerryError``.
    public func health() async throws -> JSONValue {
        try await transport.call(Routes.health, Routes.health.path(), isAuthorized: false)
    }

    /// Closes every connection. Calls under way fail, later ones too (`closed`). The second time does nothing.
    public func shutdown() async throws { try await transport.shutdown() }
}

/// Runs the body with a client that is shut down afterwards, however the body ends.
///
/// - Parameter configuration: as given to ``Ferry/init(configuration:)``; nil for the environment.
/// - Throws: ``FerryError``, and what the body throws.
public func withFerry<Success>(
    configuration: FerryConfiguration? = nil, _ body: (Ferry) async throws -> Success
) async throws -> Success {
    let ferry = try configuration.map { try Ferry(configuration: $0) } ?? Ferry()
    do {
        let success = try await body(ferry)
        try await ferry.shutdown()
        return success
    } catch {
        try? await ferry.shutdown()
        throw error
    }
}
