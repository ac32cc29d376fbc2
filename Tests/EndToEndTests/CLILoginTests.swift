// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import Testing

@Suite(.serialized, .timeLimit(.minutes(2))) struct CLILoginTests {
    /// The address of a running server, and its key.
    private static func server(_ ferry: CLICommand) async throws -> (url: String, key: String) {
        let url = try #require(try await ferry("file", "list").server)
        let key = try String(contentsOfFile: ferry.dataDirectory + "/root-key", encoding: .utf8)
        return (url, String(key.dropLast()))
    }

    /// Environment of a user who has no server of his own.
    private static func user(_ ferry: CLICommand) throws -> [String: String] {
        let home = try ferry.folder.folder("user")
        return ["XDG_CONFIG_HOME": home.path + "/config", "FERRY_DATA_DIR": home.path + "/none"]
    }

    @Test func `a login is remembered by every command, in a file that is nobody else's`() async throws {
        try await CLICommand.with { ferry in
            let (url, key) = try await Self.server(ferry)
            let user = try Self.user(ferry)
            let login = try await ferry(
                "login", "--base-url", url, input: Array("\(key)\n".utf8), environment: user)
            #expect(login.status == 0, "\(login.errors)")
            #expect(login.text == "logged in to \(url)\n")
            #expect(!login.errors.contains(key))
            let path = try #require(user["XDG_CONFIG_HOME"]) + "/ferry/config.json"
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            let list = try await ferry("file", "list", environment: user)
            #expect(list.status == 0)
            #expect(list.errors == "ferry: using \(url)\n")
            // What is typed and what is set beat it.
            let typed = try await ferry("file", "list", "--api-key", "inf_wrong", environment: user)
            #expect(typed.status == 6)

            let logout = try await ferry("login", "--logout", environment: user)
            #expect(logout.text == "logged out\n")
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "{}\n")
            #expect(try await ferry("login", "--logout", environment: user).text == "there was no login\n")
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: String(path.dropLast("/config.json".count))) == [
                    "config.json"
                ])
        }
    }

    @Test func `a login keeps what else the config file holds, and a link to it`() async throws {
        try await CLICommand.with { ferry in
            let (url, key) = try await Self.server(ferry)
            let user = try Self.user(ferry)
            _ = try ferry.folder.folder("user/config/ferry")
            _ = try ferry.folder.file("dotfile.json", bytes: Array(#"{"serve":{"port":1234}}"#.utf8))
            try ferry.folder.link("user/config/ferry/config.json", to: ferry.folder.url.path + "/dotfile.json")
            _ = try ferry.folder.file("key.txt", bytes: Array("  \(key)\r\n".utf8))
            let login = try await ferry(
                "login", "--base-url", url, "--api-key-file", "key.txt", "--json", environment: user)
            #expect(try login.json()["base_url"]?.stringValue == url)
            let file = try JSONValue(
                parsing: Array(try Data(contentsOf: ferry.folder.url.appendingPathComponent("dotfile.json"))))
            #expect(file["serve"]?["port"] == 1234)
            #expect(file["api_key"]?.stringValue == key)
            let link = ferry.folder.url.path + "/user/config/ferry/config.json"
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link).hasSuffix("dotfile.json"))
        }
    }

    @Test func `a key that the server does not take, or no server, is not written`() async throws {
        try await CLICommand.with { ferry in
            let (url, _) = try await Self.server(ferry)
            let user = try Self.user(ferry)
            for (address, key, status) in [
                (url, "inf_wrong", Int32(6)), (url, "", 6), (url, "two words", 6), ("http://127.0.0.1:1", "inf_x", 5),
                ("nonsense", "inf_x", 6),
            ] {
                let login = try await ferry(
                    "login", "--base-url", address, input: Array(key.utf8), environment: user)
                #expect(login.status == status, "\(address) \(key): \(login.errors)")
                #expect(login.output.isEmpty)
                #expect(login.errorLines.count == 1)
                #expect(key.isEmpty || !login.errors.contains(key))
            }
            let keyless = try await ferry("login", environment: user)
            #expect(keyless.status == 2)
            #expect(keyless.errors.contains("--base-url"))
            #expect(!FileManager.default.fileExists(atPath: (user["XDG_CONFIG_HOME"] ?? "") + "/ferry/config.json"))
        }
    }

    @Test func `at a terminal both are asked for, and the key is not shown`() async throws {
        try await CLICommand.with { ferry in
            let (url, key) = try await Self.server(ferry)
            let user = try Self.user(ferry)
            // Types an answer to each question at a terminal of its own, and prints all that the terminal showed.
            let script = """
                import os, pty, sys
                child, terminal = pty.fork()
                if child == 0:
                    os.execv(os.environ["FERRY"], ["ferry", "login"])
                shown = b""
                def until(words):
                    global shown
                    while words not in shown:
                        shown += os.read(terminal, 4096)
                until(b"Address of the API")
                until(b"]: ")
                os.write(terminal, sys.argv[1].encode() + b"\\n")
                until(b"not shown): ")
                os.write(terminal, sys.argv[2].encode() + b"\\n")
                try:
                    while True:
                        data = os.read(terminal, 4096)
                        if not data: break
                        shown += data
                except OSError:
                    pass
                sys.stdout.buffer.write(shown)
                sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
                """
            let result = try await ferry.through(
                "/usr/bin/env", ["python3", "-c", script, url, key], environment: user)
            #expect(result.status == 0, "\(result.text)")
            #expect(result.text.contains("[https://api.inference.sh]: \(url)"))
            #expect(result.text.contains("logged in to \(url)"))
            #expect(!result.text.contains(key))
            #expect(try await ferry("file", "list", environment: user).status == 0)
        }
    }
}
