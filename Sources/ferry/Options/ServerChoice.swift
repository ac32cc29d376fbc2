// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// The server that flags, environment and config file name, in this order; the embedded one where none does.
enum ServerChoice: Sendable, Hashable {
    /// A server at an address.
    case remote(baseURL: String, key: String)
    /// The server of the data folder; the key, if any was given.
    case embedded(key: Key?)

    /// A key and where it came from.
    struct Key: Sendable, Hashable {
        /// The key.
        var text: String
        /// The name of the flag, variable or file that holds it.
        var source: String
        /// Whether it was typed.
        var isFlag: Bool { source == "--api-key" }
    }

    /// What was typed.
    struct Flags: Sendable {
        var baseURL: String?
        var apiKey: String?
    }

    /// Chooses.
    ///
    /// The config file's key goes only to the config file's address: it is not sent to another one that a flag or a
    /// variable names.
    ///
    /// - Throws: ``CommandFailure`` if a server is named and no key.
    init(flags: Flags, environment: [String: String], file: JSONValue) throws(CommandFailure) {
        func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        func member(_ name: String) -> String? { file[name]?.stringValue.flatMap { $0.isEmpty ? nil : $0 } }
        var key = flags.apiKey.map { Key(text: $0, source: "--api-key") }
        for name in ["INFERENCE_API_KEY", "INFSH_API_KEY"] where key == nil {
            key = variable(name).map { Key(text: $0, source: name) }
        }
        let baseURL = flags.baseURL ?? variable("INFERENCE_BASE_URL") ?? member("base_url")
        if key == nil, member("base_url") == nil || member("base_url") == baseURL {
            key = member("api_key").map { Key(text: $0, source: "the config file") }
        }
        guard let baseURL else {
            self = .embedded(key: key)
            return
        }
        guard let key else {
            throw CommandFailure(
                .refused,
                "there is no API key for the server; set INFERENCE_API_KEY, give --api-key, or run: ferry login")
        }
        self = .remote(baseURL: baseURL, key: key.text)
    }
}
