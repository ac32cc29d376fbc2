// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import Foundation
import Testing

@Suite(.serialized) struct CLIServerTests {
    @Test func `without a configured server one is started and used again`() async throws {
        try await CLICommand.with { ferry in
            let first = try await ferry("file", "list")
            #expect(first.status == 0)
            #expect(first.errors.hasSuffix(" (embedded)\n"))
            let server = try #require(first.server)
            #expect(server.hasPrefix("http://127.0.0.1:"))
            let process = try #require(ferry.serverProcess)
            #expect(try await ferry("file", "list").server == server)
            #expect(ferry.serverProcess == process)
            let mode = try FileManager.default.attributesOfItem(atPath: ferry.dataDirectory)[.posixPermissions]
            #expect(mode as? Int == 0o700)
        }
    }

    @Test func `eight commands at once on a fresh folder share one server`() async throws {
        try await CLICommand.with { ferry in
            for index in 0..<8 { _ = try ferry.folder.file("\(index).txt", bytes: Array("\(index)".utf8)) }
            let results = try await withThrowingTaskGroup(of: CLICommand.Result.self) { group in
                for index in 0..<8 { group.addTask { try await ferry("upload", "\(index).txt") } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(results.map(\.status) == Array(repeating: 0, count: 8))
            #expect(Set(results.map(\.server)).count == 1)
            #expect(results.first?.server != nil)
            #expect(try await ferry("file", "list", "--all", "-q").lines.count == 8)
        }
    }

    @Test func `a key in the environment that is meant for another server does no harm`() async throws {
        try await CLICommand.with { ferry in
            let result = try await ferry("file", "list", environment: ["INFERENCE_API_KEY": "inf_of_another_server"])
            #expect(result.status == 0)
            #expect(
                result.errorLines == [
                    "ferry: the API key in INFERENCE_API_KEY is not one of this server; using its root key"
                ])
            #expect(!result.errors.contains("inf_of_another_server"))
        }
    }

    @Test func `flag beats environment beats config file`() async throws {
        try await CLICommand.with { ferry in
            let config = ferry.folder.url.appendingPathComponent("config/ferry")
            try FileManager.default.createDirectory(at: config, withIntermediateDirectories: true)
            try Data(#"{"base_url":"http://127.0.0.1:1","api_key":"inf_file"}"#.utf8).write(
                to: config.appendingPathComponent("config.json"))
            let environment = ["XDG_CONFIG_HOME": ferry.folder.url.path + "/config"]
            let byFile = try await ferry("file", "list", environment: environment)
            #expect(byFile.server == "http://127.0.0.1:1")
            #expect(byFile.status == 5)

            let variables = ["INFERENCE_BASE_URL": "http://127.0.0.1:2", "INFERENCE_API_KEY": "inf_env"]
            let byVariable = try await ferry("file", "list", environment: environment.merging(variables) { $1 })
            #expect(byVariable.server == "http://127.0.0.1:2")

            let byFlag = try await ferry(
                "file", "list", "--base-url", "http://127.0.0.1:3", environment: environment.merging(variables) { $1 })
            #expect(byFlag.server == "http://127.0.0.1:3")

            // The config file's key is not for other servers.
            let keyless = try await ferry(
                "file", "list", "--base-url", "http://127.0.0.1:3", environment: environment)
            #expect(keyless.status == 6)
            #expect(keyless.errorLines.first?.contains("no API key") == true)
        }
    }

    @Test func `quiet commands say nothing on standard error`() async throws {
        try await CLICommand.with { ferry in
            let result = try await ferry("upload", "data:text/plain,x", "--quiet")
            #expect(result.status == 0)
            #expect(result.errors == "")
            #expect(result.lines.count == 1)
        }
    }
}
