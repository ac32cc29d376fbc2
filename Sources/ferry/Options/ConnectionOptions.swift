// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryClient
import FerryWire

/// Which server a command talks to, and with which key.
struct ConnectionOptions: ParsableArguments {
    @Option(
        name: .customLong("base-url"),
        help: ArgumentHelp(
            "Address of the API. (default: $INFERENCE_BASE_URL, the config file, else the embedded server)",
            valueName: "url"))
    var baseURL: String?

    @Option(
        help: ArgumentHelp(
            "API key; other users of this machine may see it. (default: $INFERENCE_API_KEY, $INFSH_API_KEY, the config "
                + "file)",
            valueName: "key"))
    var apiKey: String?

    @Option(
        help: ArgumentHelp(
            "Folder of the embedded server. (default: $FERRY_DATA_DIR, $XDG_DATA_HOME/ferry, ~/.local/share/ferry)",
            valueName: "dir"))
    var dataDir: String?

    @Option(
        help: ArgumentHelp(
            "PEM file of certificate authorities trusted beside the system's.", valueName: "file"))
    var caFile: String?

    /// Runs the body with a client of the server that flags, environment and config file name, else of the embedded
    /// server, which stays while the body runs.
    func connected<Success: Sendable>(
        _ console: Console, _ body: (Ferry) async throws -> Success
    ) async throws -> Success {
        let environment = ProcessEnvironment.current
        var configuration = try FerryConfiguration(environment: environment)
        let file = try ConfigFile.read(environment: environment)
        let place = try ServerChoice(
            flags: .init(baseURL: baseURL, apiKey: apiKey), environment: environment, file: file)
        configuration.caFile = caFile
        switch place {
        case .remote(let baseURL, let key):
            // The authority remembered with an address is trusted for that address alone.
            if caFile == nil, file["base_url"]?.stringValue == baseURL {
                configuration.caFile = file["ca_file"]?.stringValue
            }
            configuration.baseURL = baseURL
            configuration.apiKey = APIKey(key)
            await console.note("using \(Self.shown(baseURL))")
            let source = Self.source(flag: self.baseURL, environment)
            do {
                return try await withFerry(configuration: configuration, body)
            } catch let error as FerryError where error.message.hasPrefix(Self.badAddress) {
                throw CommandFailure(
                    .refused, error.message.replacing(Self.badAddress, with: source, maxReplacements: 1))
            }
        case .embedded(let key):
            let directory = try DataDirectory.resolve(flag: dataDir, environment: environment)
            return try await EmbeddedServer.withAttached(
                dataDirectory: directory, environment: environment, warn: { await console.appeal($0) }
            ) { server in
                configuration.baseURL = server.baseURL
                await console.note("using \(server.baseURL) (embedded)")
                configuration.apiKey = APIKey(
                    try await Self.accepted(key, else: server.rootKey, configuration, console))
                return try await withFerry(configuration: configuration, body)
            }
        }
    }

    /// The key to use with the embedded server: one from the environment may be meant for another server, in which
    /// case the root key takes its place.
    private static func accepted(
        _ key: ServerChoice.Key?, else rootKey: String, _ configuration: FerryConfiguration, _ console: Console
    ) async throws -> String {
        guard let key, key.text != rootKey else { return rootKey }
        guard !key.isFlag else { return key.text }
        var probe = configuration
        probe.apiKey = APIKey(key.text)
        return try await withFerry(configuration: probe) { ferry in
            do {
                _ = try await ferry.files.list(CursorListRequest(limit: 1))
            } catch let error as FerryError where error.code == .unauthorized {
                await console.note("the API key in \(key.source) is not one of this server; using its root key")
                return rootKey
            } catch let error as FerryError where error.code == .forbidden {
                // A key of this server that may do other things.
            }
            return key.text
        }
    }

    /// How the SDK begins to say that an address is none.
    private static let badAddress = "the base address"

    /// What named the server, for those who are to mend it.
    private static func source(flag: String?, _ environment: [String: String]) -> String {
        guard flag == nil else { return "--base-url" }
        return environment["INFERENCE_BASE_URL"].map { $0.isEmpty } == false
            ? "INFERENCE_BASE_URL" : "base_url of the config file"
    }

    /// An address as a line may show it: no user name, no query.
    static func shown(_ baseURL: String) -> String {
        let plain = baseURL.prefix { $0 != "?" && $0 != "#" }
        guard let at = plain.lastIndex(of: "@") else { return String(plain) }
        let scheme = plain.firstRange(of: "://").map { plain[..<$0.upperBound] } ?? ""
        return String(scheme + plain[plain.index(after: at)...])
    }
}
