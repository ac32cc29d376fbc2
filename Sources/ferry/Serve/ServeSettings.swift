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
            default: return nil
            }
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
