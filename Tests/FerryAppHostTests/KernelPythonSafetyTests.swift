// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import Foundation
import NIOPosix
import Testing

@testable import FerryAppHost

/// What Python apps, their requirements and their callers cannot do.
@Suite(.serialized) struct KernelPythonSafetyTests {
    /// Where environments go that nobody else may use; removed with what is in it.
    private func withEnvironments<Result>(_ body: (String) async throws -> Result) async throws -> Result {
        let folder = NSTemporaryDirectory() + "/ferry-env-" + Identifier.random()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        return try await body(folder)
    }

    private static let plain =
        "class App:\n    def run(self, data):\n        import lib\n        return {'lib': lib.WORD}\n"

    /// A package in the app's folder whose making leaves a note of who made it.
    private static func package(_ note: String, word: String) -> [String: String] {
        [
            "lib/setup.py": """
            import os, sys
            from setuptools import setup
            with open("\(note)", "a") as file:
                file.write(f"{os.getuid()} {os.path.exists(os.environ.get('FERRY_APP_DIR', '/none'))}\\n")
            setup(name="ferry-test-lib", version="1", py_modules=["lib"])
            """,
            "lib/lib.py": "WORD = '\(word)'\n", "requirements.txt": "./lib\n",
        ]
    }

    @Test func `modules in an app's folder do not run while its environment is made`() async throws {
        try await withEnvironments { environments async throws in
            try await AppsFolder.with(environments: environments) { host async throws in
                let note = host.folder + "/ran"
                let evil = "open('\(note)', 'w').write('x')\nraise SystemExit(9)\n"
                var files = [
                    "inf.yml": AppsFolder.settings("py", kernel: "python-3.11"), "inference.py": "class App: pass\n",
                    "requirements.txt": "inferencesh @ https://127.0.0.1:1/no-such.whl\n",
                ]
                for name in ["logging", "types", "venv/__init__", "pip/__main__", "ensurepip", "sitecustomize"] {
                    files["\(name).py"] = evil
                }
                try host.write("py", files)
                let error = await #expect(throws: ServerError.self) {
                    try await host.runner.prepareApps(name: "py", namespace: nil)
                }
                #expect(error?.message.contains("correct requirements.txt") == true, "\(String(describing: error))")
                #expect(!FileManager.default.fileExists(atPath: note))
            }
        }
    }

    @Test func `a package in the app's folder is made as the app runs, of each version anew`() async throws {
        try await withEnvironments { environments async throws in
            try await AppsFolder.with(environments: environments) { host async throws in
                let note = host.folder + "/made"
                var files = Self.package(note, word: "first")
                files["inf.yml"] = AppsFolder.settings("py", kernel: "python-3.11")
                files["inference.py"] = Self.plain
                files["requirements.txt"] = "-e ./lib\n"
                for word in ["first", "second"] {
                    files["lib/lib.py"] = "WORD = '\(word)'\n"
                    try host.write("py", files)
                    await host.catalog.lookAgain()
                    let entry = try await eventually { () -> CatalogEntry? in
                        let entry = try await host.entry("py")
                        let code = try #require(entry.plan.codeFolder)
                        let found = try String(contentsOfFile: code + "/lib/lib.py", encoding: .utf8)
                        return found.contains(word) ? entry : nil
                    }
                    let plan = try await host.catalog.prepared(entry) { _ in }
                    let talk = try Talk(plan, in: host.folder)
                    #expect(try await talk.begin()?["type"] == "ready", "\(talk.log)")
                    #expect(try await talk.run().last?["output"] == ["lib": .string(word)], "\(talk.log)")
                    #expect(try await talk.end() == 0)
                }
                #expect(try String(contentsOfFile: note, encoding: .utf8).contains("True"))
                #expect(!FileManager.default.fileExists(atPath: host.apps + "/py/lib/build"))
            }
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func `an app can start processes by multiprocessing`() async throws {
        let app = """
            import multiprocessing
            from .parts import twice

            def square(number):
                return number * number

            class App:
                def run(self, data):
                    found = {}
                    for method in ["spawn"]:
                        with multiprocessing.get_context(method).Pool(2) as pool:
                            found[method] = pool.map_async(square, [2, 3]).get(20) + pool.map_async(twice, [5]).get(20)
                    return found
            """
        for start in [nil, "from .parts import twice\n"] {
            try await AppsFolder.with { host async throws in
                var files = [
                    "inf.yml": AppsFolder.settings("py", kernel: "python-3.11"), "inference.py": app,
                    "parts.py": "def twice(number):\n    return 2 * number\n",
                ]
                files["__init__.py"] = start
                try host.write("py", files)
                let entry = try await host.entry("py")
                let talk = try Talk(try await host.catalog.prepared(entry) { _ in }, in: host.folder)
                #expect(try await talk.begin()?["type"] == "ready", "\(talk.log)")
                let output = try await talk.run().last?["output"]
                #expect(output == ["spawn": [4, 9, 10]], "\(talk.log)")
                #expect(try await talk.end() == 0)
            }
        }
    }

    @Test func `a caller's values name no files but those of the task`() async throws {
        let app = """
            from typing import Optional
            from pydantic import Field
            from inferencesh import BaseApp, BaseAppInput, BaseAppOutput, BaseAppSetup, File

            class AppSetup(BaseAppSetup):
                model: Optional[File] = None

            class RunInput(BaseAppInput):
                file: Optional[File] = Field(default=None, alias="picture")

            class RunOutput(BaseAppOutput):
                text: str

            class App(BaseApp):
                async def setup(self, config: AppSetup):
                    self.own = File(path="/etc/hostname")

                async def run(self, input_data: RunInput) -> RunOutput:
                    own = File(path=__file__)
                    with open((input_data.file or own).path) as file:
                        return RunOutput(text=file.read()[:6])
            """
        func with<Result>(
            setup: JSONValue, _ body: (Talk, JSONValue?) async throws -> Result
        ) async throws -> Result {
            try await AppsFolder.with { host async throws in
                try host.write(
                    "py", ["inf.yml": AppsFolder.settings("py", kernel: "python-3.11"), "inference.py": app])
                let entry = try await host.entry("py")
                let talk = try Talk(try await host.catalog.prepared(entry) { _ in }, in: host.folder)
                return try await body(talk, try await talk.begin(setup: setup))
            }
        }
        for model: JSONValue in ["/etc/passwd", "http://127.0.0.1:1/x", ["path": "/etc/passwd"]] {
            try await with(setup: ["model": model]) { talk, answer async throws in
                #expect(answer?["type"] == "setup_failed", "\(model)")
                #expect(answer?["message"]?.stringValue?.contains("is no file of this task") == true)
                #expect(!talk.log.contains("Downloading"))
            }
        }
        try await with(setup: ["model": "data:text/plain,abc"]) { talk, answer async throws in
            #expect(answer?["type"] == "ready", "\(talk.log)")
            let inputs = talk.folder + "/in"
            try FileManager.default.createDirectory(atPath: inputs, withIntermediateDirectories: true)
            try "pixels".write(toFile: inputs + "/a", atomically: true, encoding: .utf8)
            try FileManager.default.createSymbolicLink(atPath: inputs + "/link", withDestinationPath: "/etc/passwd")
            let refused: [JSONValue] = [
                "/etc/passwd", "http://127.0.0.1:1/x", "https://127.0.0.1:1/x", "file:///etc/passwd", "inference.py",
                ["path": "/etc/passwd"], ["uri": "http://127.0.0.1:1/x"], ["initializer": "/etc/passwd"],
                ["uri": "/etc/passwd", "path": ""], ["path": .string(inputs + "/../../x")], .string(inputs),
                .string(inputs + "/link"), ["uri": "data:,x", "path": "/etc/passwd"],
            ]
            for value in refused {
                let failed = try await talk.run("run", ["picture": value]).last
                #expect(failed?["type"] == "error", "\(value)")
                #expect(failed?["message"]?.stringValue?.contains("is no file of this task") == true, "\(value)")
            }
            let file: JSONValue = ["path": .string(inputs + "/a"), "content_type": "text/plain", "size": 6]
            for value: JSONValue in [file, .string(inputs + "/a"), "data:text/plain,pixels"] {
                #expect(try await talk.run("run", ["picture": value]).last?["output"]?["text"] == "pixels", "\(value)")
            }
            for value: JSONValue in ["", [:], nil] {
                #expect(try await talk.run("run", ["picture": value]).last?["output"]?["text"] == "from t", "\(value)")
            }
            #expect(!talk.log.contains("Downloading"))
        }
    }

    #if os(Linux)
    @Test(.enabled(if: geteuid() == 0, "needs root"))
    func `requirements are installed by the apps' user, and what they leave is the server's`() async throws {
        // The user must be able to come here.
        let folder = "/var/tmp/ferry-pip-" + Identifier.random()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        chmod(folder, 0o755)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let note = folder + "/made"
        #expect(FileManager.default.createFile(atPath: note, contents: nil))
        chmod(note, 0o666)
        let app = folder + "/app"
        for (name, text) in Self.package(note, word: "x") {
            let (parent, _) = Folders.split("\(app)/\(name)")
            try Folders.make(parent, mode: 0o755)
            try Folders.put(Array(text.utf8), to: "\(app)/\(name)", mode: 0o644)
        }
        chmod(app, 0o755)
        let user = try AppUser.named("nobody")
        for isolation in [IsolationMode.automatic, .none] {
            let confinement = await Confinement.detect(limits: AppHostLimits(), user: user, isolation: isolation)
            let launcher = AppLauncher(confinement: confinement, searchPath: "/usr/bin:/bin")
            let folders = WorkFolders(
                root: WorkFolders.root(folder, for: user), threadPool: .singleton, user: user,
                isIsolated: confinement.isIsolated)
            let root = "\(folder)/environments-\(confinement.isIsolated)"
            let environments = PythonEnvironments(
                root: root, environment: ProcessInfo.processInfo.environment, timeLimit: .seconds(300), user: user,
                turns: Turns(1), threadPool: .singleton
            ) { plan, timeLimit, line in
                var plan = plan
                // Only the package in the folder.
                plan.arguments.removeAll { $0.hasPrefix("inferencesh==") }
                // The note has to be seen.
                plan.writable.append(note)
                return try await folders.with(label: "environment", for: plan) { folder in
                    try await CommandRun(
                        configuration: launcher.configuration(plan: plan, folder: folder), timeLimit: timeLimit
                    ).run(line: line)
                }
            }
            let python = try await PythonInterpreters(
                environment: ProcessInfo.processInfo.environment, threadPool: .singleton
            ).nearest(to: 11)
            let recipe = PythonRecipe(
                interpreter: python, requirements: Array("./lib\n".utf8), folder: app, reference: "a/b", versionID: "1")
            try await environments.make(recipe) { _ in }
            let place = environments.path(of: recipe)
            var facts = stat()
            let site = "lib/python3.\(python.minor)/site-packages"
            for file in [".", "bin/python", "\(site)/lib.py", "pyvenv.cfg", "bin"] {
                #expect(lstat("\(place)/\(file)", &facts) == 0 && facts.st_uid == 0, "\(file)")
                #expect(facts.st_mode & 0o004 != 0, "\(file) can be read")
            }
            rmdir(folders.root)
        }
        let made = Set(try String(contentsOfFile: note, encoding: .utf8).split(separator: "\n"))
        #expect(made == ["65534 True"])
    }
    #endif
}
