// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import Testing

@Suite struct DescribeTests {
    private func run(_ arguments: [String]) async throws -> (status: Int32, output: Data) {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = BuiltinApps.executable
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        return await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                let output = pipe.fileHandleForReading.readDataToEndOfFile()
                process.waitUntilExit()
                continuation.resume(returning: (process.terminationStatus, output))
            }
        }
    }

    @Test func `describe prints all apps with schemas on one line`() async throws {
        let (status, output) = try await run(["describe"])
        #expect(status == 0)
        #expect(output.filter { $0 == UInt8(ascii: "\n") }.count == 1)
        let apps = try #require(try JSONValue(parsing: output).arrayValue)
        #expect(apps.map { $0["name"] } == ["chat-completions", "file-inspector", "image-processor"])
        for app in apps {
            #expect(app["namespace"] == "ferry")
            #expect(app["default_function"] == "run")
            let function = app["functions"]?["run"]
            let isOpen = app["name"] == "chat-completions"
            #expect(function?["input_schema"]?["additionalProperties"] == (isOpen ? nil : false))
            #expect(app["secrets"] == (isOpen ? ["OPENAI_BASE_URL", "OPENAI_API_KEY", "OPENAI_MODEL"] : nil))
            #expect(function?["output_schema"]?["type"] == "object")
        }
        let image = apps[2]["functions"]?["run"]?["input_schema"]?["properties"]?["image"]
        #expect(image?["format"] == "file" && image?["type"] == "string")
    }

    @Test func `unknown arguments are a usage error`() async throws {
        #expect(try await run(["nonsense"]).status == 2)
    }

    @Test func `a worker whose input is empty ends at once with success`() async throws {
        let (status, output) = try await run([])
        #expect(status == 0)
        #expect(try JSONValue(parsing: output)["type"] == "hello")
    }
}
