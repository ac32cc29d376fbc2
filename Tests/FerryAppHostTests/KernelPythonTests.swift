// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import Foundation
import Testing

@testable import FerryAppHost

/// Real Python, with the platform's own package, in one environment for all tests.
@Suite(.serialized) struct KernelPythonTests {
    private static let app = #"""
        from __future__ import annotations

        import asyncio
        import sys
        import threading
        import time
        from typing import AsyncGenerator, List, Optional

        from pydantic import Field

        from inferencesh import BaseApp, BaseAppInput, BaseAppOutput, BaseAppSetup, File, OutputMeta, TextMeta
        from inferencesh.models.base import Metadata

        from .helper import WORD
        import helper


        class AppSetup(BaseAppSetup):
            size: int = Field(default=3, description="how big")


        class RunInput(BaseAppInput):
            text: str = Field(description="words")
            image: Optional[File] = None
            files: List[File] = []
            n: float = 1.0


        class RunOutput(BaseAppOutput):
            text: str
            n: float = 0
            file: Optional[File] = None


        class App(BaseApp):
            """Says things."""

            async def setup(self, config: AppSetup, metadata: Metadata):
                self.size = config.size
                self.worker = metadata.worker_id
                print("set up with", config.size)

            async def run(self, input_data: RunInput, metadata: Metadata) -> RunOutput:
                """Says it."""
                print("printed", sys.stdin.read() == "")
                self.logger.warning("logged %s", metadata.session_id)
                with open("out.txt", "w") as out:
                    out.write("abc")
                return RunOutput(
                    text=f"{input_data.text} {WORD} {helper.WORD} {self.size} {self.worker} {metadata.task_id}",
                    n=float("nan"), file=File(path="out.txt"),
                    output_meta=OutputMeta(outputs=[TextMeta(tokens=7)]))

            async def read(self, input_data: RunInput) -> RunOutput:
                with open(input_data.image.path) as image:
                    return RunOutput(text=image.read() + str(len(input_data.files)))

            async def stream(self, input_data: RunInput) -> AsyncGenerator[RunOutput, None]:
                for i in range(3):
                    yield RunOutput(text=str(i))

            def count(self, input_data: RunInput):
                for i in range(2):
                    yield {"text": str(i)}

            def blocking(self, input_data: RunInput) -> RunOutput:
                time.sleep(0.05)
                return RunOutput(text=str(threading.current_thread() is not threading.main_thread()))

            async def fail(self, input_data: RunInput) -> RunOutput:
                raise ValueError("on purpose")

            async def leave(self, input_data: RunInput) -> RunOutput:
                sys.exit(3)

            async def nonsense(self, input_data: RunInput):
                return {"x": object()}

            async def forever(self, input_data: RunInput) -> RunOutput:
                print("waiting")
                await asyncio.sleep(1000)

            def helper_method(self, value):
                return value

            async def on_cancel(self):
                print("asked to stop")

            async def unload(self):
                print("unloaded")
        """#

    private func withTalk<Result>(
        _ files: [String: String], setup: JSONValue = nil,
        _ body: (Talk, CatalogEntry, JSONValue?) async throws -> Result
    ) async throws -> Result {
        try await AppsFolder.with { host async throws in
            var all = files
            all["inf.yml"] = AppsFolder.settings("py", kernel: "python-3.11", "default_function: run\n")
            try host.write("py", all)
            let entry = try await host.entry("py")
            let plan = try await host.catalog.prepared(entry) { _ in }
            let talk = try Talk(plan, in: host.folder)
            let ready = try await talk.begin(setup: setup)
            return try await body(talk, entry, ready)
        }
    }

    private static var files: [String: String] { ["inference.py": app, "helper.py": "WORD = 'hi'\n"] }

    @Test func `an app of the published conventions runs unchanged`() async throws {
        try await withTalk(Self.files, setup: ["size": 5]) { talk, entry, ready async throws in
            #expect(ready?["type"] == "ready", "\(talk.log)")
            #expect(
                entry.app.functions.map(\.name) == [
                    "run", "read", "stream", "count", "blocking", "fail", "leave", "nonsense", "forever",
                ])
            let run = try #require(entry.app.function(named: "run"))
            #expect(entry.app.description == "Says things.")
            #expect(run.description == "Says it.")
            #expect(run.inputSchema["properties"]?["text"]?["description"] == "words")
            #expect(run.inputSchema["required"] == ["text"])
            let file: JSONValue = ["format": "file", "type": "string"]
            #expect(run.inputSchema["properties"]?["files"]?["items"]?["format"] == file["format"])
            #expect(run.inputSchema["properties"]?["image"]?["anyOf"]?[0]?["format"] == file["format"])
            #expect(run.outputSchema["properties"]?["text"]?["type"] == "string")
            #expect(entry.app.function(named: "stream")?.outputSchema == run.outputSchema)
            #expect(entry.app.function(named: "count")?.outputSchema == .null)
            #expect(entry.setupSchema?["properties"]?["size"]?["description"] == "how big")

            let said = try await talk.run("run", ["text": "T"])
            let output = try #require(said.last?["output"])
            #expect(output["text"] == "T hi hi 5 W t")
            #expect(output["n"] == .null)
            #expect(output["file"]?["path"]?.stringValue?.hasSuffix("/out.txt") == true)
            #expect(output["file"]?["size"] == 3)
            #expect(output["output_meta"]?["outputs"]?[0]?["tokens"] == 7)
            #expect(said.contains { $0["type"] == "log" && $0["message"] == "logged S" && $0["level"] == "warning" })

            try FileManager.default.createDirectory(
                atPath: talk.folder + "/in", withIntermediateDirectories: true)
            try "pixels".write(toFile: talk.folder + "/in/in.png", atomically: true, encoding: .utf8)
            let image: JSONValue = [
                "path": .string(talk.folder + "/in/in.png"), "content_type": "image/png", "filename": "in.png",
                "size": 6,
            ]
            let read = try await talk.run("read", ["text": "", "image": image, "files": [image, image]])
            #expect(read.last?["output"]?["text"] == "pixels2")

            let streamed = try await talk.run("stream", ["text": ""])
            #expect(streamed.filter { $0["type"] == "partial" }.map { $0["output"]?["text"] } == ["0", "1", "2"])
            #expect(streamed.last?["output"]?["text"] == "2")
            let counted = try await talk.run("count", ["text": ""])
            #expect(counted.map { $0["type"] } == ["partial", "partial", "result"])
            #expect(try await talk.run("blocking", ["text": ""]).last?["output"]?["text"] == "True")

            for (function, input, words) in [
                ("run", ["n": "x", "image": 7], "input.text: Field required"),
                ("run", ["text": "", "n": "x"], "input.n: "),
                ("fail", ["text": ""], "ValueError: on purpose"), ("leave", ["text": ""], "SystemExit: 3"),
                ("nonsense", ["text": ""], "a object in the output has no form in JSON"),
                ("helper_method", [:], "the app has no function helper_method; it has run, read"),
            ] as [(String, JSONValue, String)] {
                let failed = try await talk.run(function, input).last
                #expect(failed?["type"] == "error")
                #expect(failed?["message"]?.stringValue?.contains(words) == true, "\(String(describing: failed))")
            }

            try talk.start("forever", ["text": ""], task: "long")
            _ = try await eventually { talk.log.contains("waiting") ? true : nil }
            try talk.send(["type": "cancel", "task": "other"])
            try talk.send(["type": "cancel", "task": "long"])
            let cancelled = try await talk.until("result", "error", "cancelled").last
            #expect(cancelled == ["type": "cancelled", "task": "long"])
            #expect(try await talk.run("run", ["text": "again"]).last?["type"] == "result")
            #expect(try await talk.end() == 0)
            for words in ["set up with 5", "printed True", "on purpose", "asked to stop", "unloaded"] {
                #expect(talk.log.contains(words), "\(words)")
            }
        }
    }

    @Test func `a setup that does not fit is told with its fields`() async throws {
        try await withTalk(Self.files, setup: ["size": "x"]) { talk, _, ready async throws in
            #expect(ready?["type"] == "setup_failed")
            #expect(ready?["message"]?.stringValue?.contains("setup.size: ") == true)
        }
    }

    @Test func `a plain class without types runs, as a package, with what it prints in the log`() async throws {
        let files = [
            "__init__.py": "from .inference import Thing\n",
            "inference.py": """
            from .parts import words
            print("x" * 1000000)
            class Thing:
                def setup(self, metadata):
                    self.app_id = metadata.app_id
                def run(self, data):
                    return {"got": data, "word": words.WORD, "app": self.app_id, "inf": [float("inf")]}
            """,
            "parts/__init__.py": "", "parts/words.py": "WORD = 1\n",
        ]
        try await withTalk(files) { talk, entry, ready async throws in
            #expect(ready?["type"] == "ready", "\(talk.log)")
            #expect(entry.app.functions == [AppFunctionDTO(name: "run", inputSchema: .null, outputSchema: .null)])
            let output = try await talk.run("run", ["a": [1, "é"]]).last?["output"]
            #expect(output == ["got": ["a": [1, "é"]], "word": 1, "app": "A", "inf": [nil]])
            #expect(talk.log.contains("xxxx"))
        }
    }

    @Test func `an app that cannot be imported tells why`() async throws {
        try await AppsFolder.with { host async throws in
            try host.write(
                "py",
                [
                    "inf.yml": AppsFolder.settings("py", kernel: "python-3.11"),
                    "inference.py": "import no_such_module\n",
                ])
            let error = await #expect(throws: ServerError.self) {
                try await host.runner.prepareApps(name: "py", namespace: nil)
            }
            #expect(error?.message.hasSuffix("No module named 'no_such_module'") == true)
            try host.write(
                "none",
                ["inf.yml": AppsFolder.settings("none", kernel: "python-3.11")])
            let missing = await #expect(throws: ServerError.self) {
                await host.catalog.lookAgain()
                try await host.runner.prepareApps(name: "none", namespace: nil)
            }
            #expect(missing?.message.contains("has no inference.py") == true)
        }
    }

    @Test func `requirements that cannot be had are told in pip's words, and a list does not wait`() async throws {
        try await AppsFolder.with(environments: NSTemporaryDirectory() + "/ferry-env-" + Identifier.random()) {
            host async throws in
            defer { try? FileManager.default.removeItem(atPath: host.environments) }
            try host.write(
                "py",
                [
                    "inf.yml": AppsFolder.settings("py", kernel: "python-3.11"), "inference.py": "class App: pass\n",
                    "requirements.txt": "./no-such-folder\ninferencesh\n",
                ])
            let start = ContinuousClock.now
            #expect(try await host.runner.apps().isEmpty)
            #expect(ContinuousClock.now - start < .seconds(5.5))
            let error = await #expect(throws: ServerError.self) {
                try await host.runner.prepareApps(name: "py", namespace: nil)
            }
            #expect(error?.message.contains("correct requirements.txt") == true, "\(String(describing: error))")
            #expect(error?.message.contains("no-such-folder") == true)
            #expect(host.log.all.contains { $0.contains("making a Python 3.") })
        }
    }
}
