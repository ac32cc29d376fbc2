// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import Foundation
import Testing

@testable import FerryAppHost

/// What is being made when a server ends.
@Suite(.timeLimit(.minutes(3))) struct KernelShutdownTests {
    @Test func `a shutdown ends what installs requirements, and nothing of it runs on`() async throws {
        let environments = NSTemporaryDirectory() + "/ferry-env-" + Identifier.random()
        defer { try? FileManager.default.removeItem(atPath: environments) }
        try await AppsFolder.with(environments: environments) { host async throws in
            let note = host.folder + "/process"
            try host.write(
                "py",
                [
                    "inf.yml": AppsFolder.settings("py", kernel: "python-3.11"), "inference.py": "class App: pass\n",
                    "requirements.txt": "./lib\n",
                    "lib/setup.py": """
                    import os, time
                    with open("\(note)", "w") as file:
                        file.write(str(os.getpid()) + "\\n")
                    time.sleep(600)
                    """,
                ])
            let making = Task { try await host.runner.prepareApps(name: "py", namespace: nil) }
            let process = try await eventually(seconds: 120) {
                (try? String(contentsOfFile: note, encoding: .utf8)).flatMap { $0.hasSuffix("\n") ? $0 : nil }
            }
            let number = try #require(Int32(process.dropLast()))
            #expect(isRunning(number))
            await host.runner.shutdown()
            #expect(!isRunning(number))
            let result = await making.result
            #expect(throws: (any Error).self) { try result.get() }
        }
    }
}
