// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Logging

/// What `ferry serve` was told: a flag beats `FERRY_<FLAG>` beats the `serve` object of the config file.
struct ServeSettings: Sendable {
    var host = "127.0.0.1"
    var port = 8787
    var publicURL: String?
    var idleExit: Int?
    var drainTimeout = 30
    var logLevel = Logger.Level.info
    var isLogJSON = false
    /// The folder of apps; nil for that of the data folder.
    var appsDirectory: String?
    /// The system user that apps run as; nil for the server's own.
    var appUser: String?
    /// Whether apps may be deployed over HTTP.
    var allowsDeployment = false
    /// Networks that foreign URLs and webhooks may lead to though they are not the internet at large.
    var allowedNetworks: [IPNetwork] = []
    /// Ports that they may name beside the web's usual ones.
    var allowedPorts: [Int] = []

    /// Where a setting may stand.
    struct Sources {
        var flags: [String: String]
        var environment: [String: String]
        var config: JSONValue

        func text(_ flag: String) -> String? {
            let variable = "FERRY_" + flag.uppercased().replacing("-", with: "_")
            if let text = flags[flag] ?? environment[variable], !text.isEmpty { return text }
            switch config["serve"]?[flag.replacing("-", with: "_")] {
            case .string(let text): return text
            case .integer(let number): return String(number)
            case .bool(let value): return String(value)
            default: return nil
            }
        }

        func switched(_ flag: String) throws(LocalFailure) -> Bool {
            switch text(flag) {
            case nil, "false", "0", "no": return false
            case "true", "1", "yes": return true
            default: throw LocalFailure("--\(flag) is on or off: give true or false in the environment or config file")
            }
        }

        /// Values divided by commas.
        func list<Value>(_ flag: String, _ read: (String) -> Value?) throws(LocalFailure) -> [Value] {
            var values: [Value] = []
            for part in (text(flag) ?? "").split(separator: ",") {
                guard let value = read(String(part)) else {
                    throw LocalFailure("--\(flag): \(part) cannot be understood; see `ferry serve --help`")
                }
                values.append(value)
            }
            return values
        }

        func integer(_ flag: String, _ range: ClosedRange<Int>) throws(LocalFailure) -> Int? {
            guard let text = text(flag) else { return nil }
            guard let number = Int(text), range.contains(number) else {
                throw LocalFailure("--\(flag) must be a number from \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }
    }

    init(_ sources: Sources) throws(LocalFailure) {
        appsDirectory = sources.text("apps-dir")
        appUser = try sources.text("app-user").map(Self.checkUser)
        allowsDeployment = try sources.switched("allow-deploy")
        allowedNetworks = try sources.list("allow-network") { IPNetwork($0) }
        allowedPorts = try sources.list("allow-port") { Int($0).flatMap { (1...65535).contains($0) ? $0 : nil } }
        if let text = sources.text("host") { host = text }
        if let number = try sources.integer("port", 0...65535) { port = number }
        if let text = sources.text("public-url") { publicURL = try Self.checkPublicURL(text) }
        idleExit = try sources.integer("idle-exit", 1...86_400)
        if let number = try sources.integer("drain-timeout", 0...86_400) { drainTimeout = number }
        if let text = sources.text("log-level") {
            guard let level = Logger.Level(rawValue: text) else {
                throw LocalFailure(
                    "--log-level must be one of \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            logLevel = level
        }
        if let text = sources.text("log-format") {
            guard text == "json" || text == "text" else { throw LocalFailure("--log-format must be json or text") }
            isLogJSON = text == "json"
        }
        for (flag, only) in [("metadata", "sqlite:"), ("blobs", "disk:")] {
            if let text = sources.text(flag), text != only {
                throw LocalFailure("--\(flag): this version knows only \(only)")
            }
        }
    }

    private static func checkUser(_ name: String) throws(LocalFailure) -> String {
        let isName = name.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "._-".utf8.contains(byte)
        }
        guard isName, name.utf8.count <= 32, name.utf8.first != UInt8(ascii: "-") else {
            throw LocalFailure("--app-user must be the name of a system user, such as nobody")
        }
        return name
    }

    private static func checkPublicURL(_ text: String) throws(LocalFailure) -> String {
        let isWeb = ["http://", "https://"].contains {
            text.utf8.starts(with: $0.utf8) && text.utf8.count > $0.utf8.count
        }
        guard isWeb, text.utf8.allSatisfy({ (0x21..<0x7F).contains($0) }), !text.contains("?"), !text.contains("#")
        else {
            throw LocalFailure(
                "--public-url must be an http or https address without query, such as https://files.example.com")
        }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }
}
