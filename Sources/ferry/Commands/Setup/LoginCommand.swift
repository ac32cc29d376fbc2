// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryClient
import FerryWire

/// `ferry login`
struct LoginCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login",
        abstract: "Remember a server and its key for all commands.",
        discussion: """
            Asks for what is not given, the key without showing it; where standard input is no terminal, its first \
            line is the key. The server is asked whether it takes the key; only then both are written to \
            $XDG_CONFIG_HOME/ferry/config.json (else ~/.config/ferry/config.json), which nobody else may read.

            --base-url and --api-key of a command, and INFERENCE_BASE_URL and INFERENCE_API_KEY, beat what is \
            remembered.

            Examples:
              ferry login
              ferry login --base-url https://files.example.com --api-key-file key.txt
              ferry login --logout
            """)

    /// Most bytes of a key.
    private static let maximumKeyLength = 4096

    @Option(
        name: .customLong("base-url"),
        help: ArgumentHelp("Address of the API. (default: asked for)", valueName: "url"))
    var baseURL: String?

    @Option(
        help: ArgumentHelp("File that holds the key, or - for standard input. (default: asked for)", valueName: "file"),
        completion: .file())
    var apiKeyFile: String?

    @Option(
        help: ArgumentHelp(
            "PEM file of certificate authorities trusted beside the system's; remembered too.", valueName: "file"),
        completion: .file())
    var caFile: String?

    @Flag(help: "Forget the server and its key.")
    var logout = false

    @OptionGroup var output: OutputOptions

    func validate() throws {
        if logout, baseURL != nil || apiKeyFile != nil || caFile != nil {
            throw ValidationError("--logout forgets; give it alone")
        }
        if baseURL == "" { throw ValidationError("--base-url is empty") }
    }

    func run() async throws {
        let console = output.console
        let environment = ProcessEnvironment.current
        var file = try ConfigFile(environment: environment)
        if logout { return try await forget(&file, console) }
        var prompt = TerminalPrompt()
        let address = try await address(file, environment, &prompt)
        let key = try await key(&prompt)
        let authorities = try caFile.map { try LocalFolder.absolute($0) }
        try await Self.check(address, key, authorities, environment, console)
        file.set([("base_url", address), ("api_key", key), ("ca_file", authorities)])
        try file.write()
        switch console.format {
        case .json: try await console.json(["base_url": .string(address), "config": .string(file.path)])
        case .human: try await console.line("logged in to \(Printable.line(ConnectionOptions.shown(address)))")
        case .quiet: break
        }
        for name in ["INFERENCE_BASE_URL", "INFERENCE_API_KEY", "INFSH_API_KEY"]
        where environment[name]?.isEmpty == false {
            await console.note("\(name) is set, and beats what was written to \(file.path)")
        }
    }

    private func forget(_ file: inout ConfigFile, _ console: Console) async throws {
        let wasThere = file.json["base_url"] != nil || file.json["api_key"] != nil
        if wasThere {
            file.set([("base_url", nil), ("api_key", nil), ("ca_file", nil)])
            try file.write()
        }
        switch console.format {
        case .json: try await console.json(["logged_out": .bool(wasThere), "config": .string(file.path)])
        case .human: try await console.line(wasThere ? "logged out" : "there was no login")
        case .quiet: break
        }
    }

    private func address(
        _ file: ConfigFile, _ environment: [String: String], _ prompt: inout TerminalPrompt
    ) async throws -> String {
        if let baseURL { return baseURL }
        let variable = environment["INFERENCE_BASE_URL"].flatMap { $0.isEmpty ? nil : $0 }
        guard prompt.isTerminal else {
            if let variable { return variable }
            throw CommandFailure(.usage, "there is no terminal to ask at; give --base-url")
        }
        let usual = variable ?? file.json["base_url"]?.stringValue ?? FerryConfiguration.defaultBaseURL
        let answer = try await prompt.line("Address of the API [\(Printable.line(usual))]: ")
        return answer.isEmpty ? usual : answer
    }

    private func key(_ prompt: inout TerminalPrompt) async throws -> String {
        let key: String
        if let apiKeyFile, apiKeyFile != LocalInput.standardInput {
            let bytes = try await LocalInput.bytes(apiKeyFile, upTo: Self.maximumKeyLength)
            let end = bytes.lastIndex { $0 > 0x20 }.map { $0 + 1 } ?? 0
            key = String(decoding: bytes[..<end].drop { $0 <= 0x20 }, as: UTF8.self)
        } else {
            key = try await prompt.line("API key (not shown): ", isHidden: true)
        }
        guard (1...Self.maximumKeyLength).contains(key.utf8.count), key.utf8.allSatisfy({ (0x21..<0x7F).contains($0) })
        else {
            throw CommandFailure(.refused, "that is no API key: it is empty or holds characters that no key has")
        }
        return key
    }

    /// Asks the server whether it takes the key.
    private static func check(
        _ address: String, _ key: String, _ authorities: String?, _ environment: [String: String], _ console: Console
    ) async throws {
        var configuration = try FerryConfiguration(environment: environment)
        configuration.baseURL = address
        configuration.apiKey = APIKey(key)
        configuration.caFile = authorities
        if isOpenToOthers(address) {
            let shown = Printable.line(ConnectionOptions.shown(address))
            await console.note("\(shown) is no https address: others on the way can read the key")
        }
        try await withFerry(configuration: configuration) { ferry in
            do {
                _ = try await ferry.files.list(CursorListRequest(limit: 1))
            } catch let error as FerryError where error.code == .forbidden {
                // A key of this server that may do other things than look at files.
            } catch let error as FerryError where error.code == .unauthorized {
                throw CommandFailure(.refused, "the server does not take this key; nothing was written")
            } catch let error as FerryError where error.code == .notFound {
                throw CommandFailure(.refused, "no such API at this address; check --base-url; nothing was written")
            }
        }
    }

    /// Whether what is sent to an address travels in the clear beyond this machine.
    private static func isOpenToOthers(_ address: String) -> Bool {
        let text = address.lowercased()
        guard text.hasPrefix("http://") else { return false }
        let host = text.dropFirst("http://".count)
        return !["127.", "localhost", "[::1]"].contains { host.hasPrefix($0) }
    }
}
