// SPDX-License-Identifier: Apache-2.0

import FerryClient
import FerryTesting
import FerryWire
import Foundation
import Testing

/// Every command and snippet of the README, run as it stands there.
@Suite struct ReadmeTests {
    private static var repository: URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
    }

    /// The fenced blocks of one language.
    private static func blocks(_ language: String) throws -> [String] {
        let text = try String(contentsOf: repository.appendingPathComponent("README.md"), encoding: .utf8)
        return text.components(separatedBy: "```\(language)\n").dropFirst().map {
            $0.components(separatedBy: "```")[0]
        }
    }

    private static var programs: URL {
        URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
    }

    /// Runs a script with `bash -e` in a folder; gives its exit code and what it said.
    private static func run(
        _ script: String, in folder: URL, environment: [String: String]
    ) async throws -> (status: Int32, text: String) {
        let log = folder.appendingPathComponent("log-\(UUID().uuidString)")
        try Data().write(to: log)
        let handle = try FileHandle(forWritingTo: log)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-euo", "pipefail", "-c", script]
        process.currentDirectoryURL = folder
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = handle
        process.standardError = handle
        let status: Int32 = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        return (status, try String(contentsOf: log, encoding: .utf8))
    }

    @Test func `the shell examples work as they stand`() async throws {
        let folder = try TestFolder()
        try FileManager.default.copyItem(
            at: Self.repository.appendingPathComponent("Demo"), to: folder.url.appendingPathComponent("Demo"))
        let data = folder.url.appendingPathComponent("data").path
        let environment = [
            "PATH": "\(Self.programs.path):/usr/local/bin:/usr/bin:/bin", "HOME": folder.url.path, "LANG": "C.UTF-8",
            "FERRY_DATA_DIR": data,
        ]
        let blocks = try Self.blocks("sh")
        #expect(!blocks.isEmpty)
        for block in blocks {
            let (status, text) = try await Self.run(block, in: folder.url, environment: environment)
            #expect(status == 0, "\(text)")
            #expect(text.contains("coffee"))
        }
        let results = try FileManager.default.contentsOfDirectory(
            atPath: folder.url.appendingPathComponent("results").path)
        #expect(results.count == 1)
        let file = try Data(contentsOf: URL(fileURLWithPath: data + "/server.json"))
        if let pid = try JSONValue(parsing: file.dropLast())["pid"]?.integerValue { kill(pid_t(pid), SIGTERM) }
    }

    @Test func `the Swift examples are compiled here, word for word`() throws {
        let source = try String(
            contentsOf: URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("ReadmeExamples.swift"), encoding: .utf8)
        let blocks = try Self.blocks("swift")
        #expect(blocks.count == 4)
        for block in blocks {
            let body = block.replacing("import FerryClient\n\n", with: "")
            #expect(source.contains(body), "the README's example is not the tested one:\n\(body)")
        }
    }

    @Test func `the Swift examples work`() async throws {
        try await withFerryServer { ferry, server in
            let uris = try await upload([SDKTaskTests.photo, SDKTaskTests.photo], with: ferry)
            #expect(uris.count == 5)
            #expect(uris.allSatisfy { FileURI($0) != nil })
            let result = try await shrinkAsPlanned(SDKTaskTests.photo, with: ferry)
            #expect(result.output["image"] != nil)
            #expect(try await describe(SDKTaskTests.photo, with: ferry).contains("image/"))
            // `shrink` takes its server from the environment, as a user's program does: so it runs in this very process
            // only if the environment says so.
            let folder = try TestFolder()
            let target = folder.url.appendingPathComponent("small.webp").path
            setenv("INFERENCE_API_KEY", server.apiKey, 1)
            setenv("INFERENCE_BASE_URL", server.baseURL, 1)
            defer {
                unsetenv("INFERENCE_API_KEY")
                unsetenv("INFERENCE_BASE_URL")
            }
            try await shrink(SDKTaskTests.photo, to: target)
            let bytes = try Data(contentsOf: URL(fileURLWithPath: target))
            #expect(bytes.prefix(4) == Data("RIFF".utf8))
        }
    }

    @Test func `every make target that the README names is there`() throws {
        let makefile = try String(contentsOf: Self.repository.appendingPathComponent("Makefile"), encoding: .utf8)
        for target in ["build", "demo", "install"] { #expect(makefile.contains("\n\(target):")) }
        for name in ["ARCHITECTURE.md", "ACCEPTANCE.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE"] {
            #expect(FileManager.default.fileExists(atPath: Self.repository.appendingPathComponent(name).path))
        }
    }
}
