// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import Foundation
import Testing

@testable import FerryAppHost

@Suite struct KernelNodeTests {
    private static let app = """
        import fs from "node:fs";
        import { WORD } from "./helper.js";
        // As zod has it, as far as it is used.
        const zod = (name) => ({
          safeParse(value) {
            return typeof value[name] === "string"
              ? { success: true, data: { ...value, seen: true } }
              : { success: false, error: { issues: [{ path: [name], message: "Expected string" }] } };
          },
          toJSONSchema() { return { type: "object", title: name }; },
        });
        export const RunInput = {
          type: "object", properties: { text: { type: "string" }, image: { type: "string", format: "file" } },
        };
        export const RunOutput = { type: "object" };
        export const StreamAllInput = { type: "object" };
        export const CheckInput = zod("file");
        export const ForeverInput = {};
        export const FailInput = {};
        export const AppSetup = { type: "object", title: "Setup" };
        export class App {
          async setup(config, metadata) { this.config = config; this.worker = metadata.worker_id; }
          async run(inputData, metadata) {
            console.log("printed", process.argv.length);
            this.logger.warn("logged", metadata.session_id);
            fs.writeFileSync("out.txt", "abc");
            return {
              text: `${inputData.text} ${WORD} ${this.config.size} ${this.worker} ${metadata.task_id}`, n: NaN,
              read: inputData.image && fs.readFileSync(inputData.image.path, "utf8"), file: { path: "out.txt" },
            };
          }
          async *streamAll() { for (let i = 0; i < 3; i++) yield { i }; }
          check(inputData) { return inputData; }
          fail() { throw new RangeError("on purpose"); }
          hidden() { return {}; }
          forever(inputData, { signal }) {
            console.log("waiting");
            return new Promise((_, stop) => signal.addEventListener("abort", () => stop(new Error("stopped"))));
          }
          onCancel() { console.log("asked to stop"); }
          unload() { console.log("unloaded"); }
        }
        """

    private func withTalk<Result>(
        _ files: [String: String], setup: JSONValue = nil,
        _ body: (Talk, CatalogEntry, JSONValue?) async throws -> Result
    ) async throws -> Result {
        try await AppsFolder.with { host async throws in
            var all = files
            all["inf.yml"] = AppsFolder.settings("js", kernel: "node-22")
            try host.write("js", all)
            let entry = try await host.entry("js")
            let talk = try Talk(try await host.catalog.prepared(entry) { _ in }, in: host.folder)
            let ready = try await talk.begin(setup: setup)
            return try await body(talk, entry, ready)
        }
    }

    @Test func `an app of the published conventions runs unchanged`() async throws {
        let files = [
            "package.json": #"{"type":"module"}"#, "src/inference.js": Self.app,
            "src/helper.js": "export const WORD = 'hi';\n",
        ]
        try await withTalk(files, setup: ["size": 5]) { talk, entry, ready async throws in
            #expect(ready?["type"] == "ready", "\(talk.log)")
            #expect(entry.app.functions.map(\.name) == ["run", "streamAll", "check", "fail", "forever"])
            #expect(entry.app.function(named: nil)?.inputSchema["properties"]?["image"]?["format"] == "file")
            #expect(entry.app.function(named: "check")?.inputSchema["title"] == "file")
            #expect(entry.setupSchema?["title"] == "Setup")

            try "pixels".write(toFile: talk.folder + "/in.png", atomically: true, encoding: .utf8)
            let image: JSONValue = [
                "path": .string(talk.folder + "/in.png"), "content_type": "image/png", "filename": "in.png", "size": 6,
            ]
            let said = try await talk.run("run", ["text": "T", "image": image])
            let output = try #require(said.last?["output"])
            #expect(output["text"] == "T hi 5 W t")
            #expect(output["read"] == "pixels")
            #expect(output["n"] == .null)
            #expect(output["file"]?["path"]?.stringValue?.hasPrefix("/") == true)
            #expect(said.contains { $0["type"] == "log" && $0["message"] == "logged S" && $0["level"] == "warning" })

            let streamed = try await talk.run("streamAll")
            #expect(streamed.filter { $0["type"] == "partial" }.map { $0["output"]?["i"] } == [0, 1, 2])
            #expect(streamed.last?["output"]?["i"] == 2)
            // A schema that calls a file a string gets its path.
            let checked = try await talk.run("check", ["file": image]).last?["output"]
            #expect(checked == ["file": image["path"]!, "seen": true])

            for (function, input, words) in [
                ("check", [:], "input.file: Expected string"), ("fail", [:], "RangeError: on purpose"),
                ("hidden", [:], "the app has no function hidden; it has run, streamAll"),
            ] as [(String, JSONValue, String)] {
                let failed = try await talk.run(function, input).last
                #expect(failed?["type"] == "error")
                #expect(failed?["message"]?.stringValue?.contains(words) == true, "\(String(describing: failed))")
            }

            try talk.start("forever", task: "long")
            _ = try await eventually { talk.log.contains("waiting") ? true : nil }
            try talk.send(["type": "cancel", "task": "long"])
            let cancelled = try await talk.until("result", "error", "cancelled").last
            #expect(cancelled == ["type": "cancelled", "task": "long"])
            #expect(try await talk.run("run", ["text": "again"]).last?["type"] == "result")
            #expect(try await talk.end() == 0)
            for words in ["printed 1", "on purpose", "asked to stop", "unloaded"] {
                #expect(talk.log.contains(words), "\(words)")
            }
        }
    }

    @Test func `a CommonJS module runs, and its children do not see the host`() async throws {
        let files = [
            "src/inference.js": """
            const { execSync } = require("node:child_process");
            class App {
              setup(metadata) { this.id = metadata.app_id; }
              run() { return { open: execSync("ls /proc/self/fd").toString().split("\\n").includes("4"), id: this.id }; }
            }
            module.exports = { App };
            """
        ]
        try await withTalk(files) { talk, entry, ready async throws in
            #expect(ready?["type"] == "ready", "\(talk.log)")
            #expect(entry.app.functions == [AppFunctionDTO(name: "run", inputSchema: .null, outputSchema: .null)])
            #expect(try await talk.run().last?["output"] == ["open": false, "id": "A"])
        }
    }

    @Test func `a module without an app tells why`() async throws {
        for (text, words) in [
            ("export const x = 1;", "exports no class App"),
            ("import x from 'no-such';", "Cannot find package 'no-such'"),
        ] {
            try await AppsFolder.with { host async throws in
                try host.write(
                    "js",
                    [
                        "inf.yml": AppsFolder.settings("js", kernel: "node-22"), "src/inference.js": text,
                        "package.json": #"{"type":"module"}"#,
                    ])
                let error = await #expect(throws: ServerError.self) {
                    try await host.runner.prepareApps(name: "js", namespace: nil)
                }
                #expect(error?.message.contains(words) == true, "\(String(describing: error))")
            }
        }
    }
}
