// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import Foundation
import Testing

@testable import FerryAppHost

@Suite struct CatalogTests {
    @Test func `a program's app gets the secrets that it asks for, and no others`() async throws {
        let manifest = ScriptedHost.manifest.replacing(
            "\"default_function\"", with: "\"secrets\":[\"KEY\",\"NONE\"],\"default_function\"")
        let script = #"""
            greet
            reply result "\"output\":{\"key\":\"$KEY\",\"none\":\"${NONE-unset}\",\"other\":\"${OTHER-unset}\"}"
            """#
        try await ScriptedHost.with(
            script, describe: "cat <<'EOF'\n\(manifest)\nEOF\n",
            environment: ["FERRY_SECRET_KEY": "sesame", "FERRY_SECRET_OTHER": "x", "KEY": "not this", "OTHER": "y"]
        ) { host async throws in
            #expect(try await host.run() == ["key": "sesame", "none": "unset", "other": "unset"])
        }
    }

    @Test func `a program is asked once what its apps are`() async throws {
        let answer = "echo asked >> \"$home/asked\"; cat <<'EOF'\n\(ScriptedHost.manifest)\nEOF\n"
        try await ScriptedHost.with("", describe: answer) { host async throws in
            try await withThrowingTaskGroup(of: [AppDTO].self) { group in
                for _ in 0..<5 { group.addTask { try await host.runner.apps() } }
                for try await apps in group { #expect(apps.map(\.reference) == ["test/app"]) }
            }
            let app = try #require(try await host.runner.apps().first)
            #expect(try await host.note("asked") == "asked\n")
            #expect(app.description == "for tests")
            #expect(app.defaultFunction == "run")
            #expect(app.functions.map(\.name) == ["run"])
            #expect(app.functions.first?.inputSchema == ["type": "object"])
            #expect(app.createdAt.seconds > 1_700_000_000)
            #expect(host.leftovers == [])
        }
    }

    @Test func `ids follow from names and version ids from manifests`() throws {
        let time = Timestamp(seconds: 1)
        func app(_ text: String) throws -> AppDTO {
            try #require(try AppManifests.parse(Array(text.utf8), at: time, maximumBytes: 1 << 20).first)
        }
        let first = try app(ScriptedHost.manifest)
        // SHA-256 of "app/test/app" in base 32, computed by another implementation.
        #expect(first.id == "rlndxvb5ffp276m4qys6vxzwvw")
        #expect(Identifier.isValid(first.id) && Identifier.isValid(first.versionID))
        let turned = #"""
            [{"functions":{"run":{"output_schema":{"type":"object"},"input_schema":{"type":"object"},
            "description":"d"}},"default_function":"run","category":"other","description":"for tests","version":"1",
            "name":"app","namespace":"test"}]
            """#
        #expect(try app(turned) == first)
        let changed = try app(turned.replacing(#""version":"1""#, with: #""version":"2""#))
        #expect(changed.id == first.id)
        #expect(changed.versionID != first.versionID)
    }

    @Test(arguments: [
        "{}", "[1]", "[{}]", "nonsense", "",
        #"[{"namespace":"a","name":"b"}]"#,
        #"[{"namespace":"a","name":"b","functions":{}}]"#,
        #"[{"namespace":"a","name":"b","functions":{"other":{}}}]"#,
        #"[{"namespace":"a/b","name":"c","functions":{"run":{}}}]"#,
        #"[{"namespace":"","name":"c","functions":{"run":{}}}]"#,
        #"[{"namespace":"a","name":"b@1","functions":{"run":{}}}]"#,
        #"[{"namespace":"a","name":"b","functions":{"run":{}}},{"namespace":"a","name":"b","functions":{"run":{}}}]"#,
    ])
    func `a program that describes its apps badly makes them unavailable`(text: String) async throws {
        try await ScriptedHost.with("", describe: "cat <<'EOF'\n\(text)\nEOF\n") { host async throws in
            let error = await #expect(throws: ServerError.self) { try await host.runner.apps() }
            #expect(error?.code == .unavailable)
            #expect(error?.message.contains("program does not describe its apps properly") == true)
        }
    }

    @Test func `a missing program makes its apps unavailable without telling where it was looked for`() async throws {
        try await ScriptedHost.with("") { host async throws in
            try FileManager.default.removeItem(atPath: host.folder + "/program")
            let error = await #expect(throws: ServerError.self) { try await host.runner.apps() }
            #expect(error?.code == .unavailable)
            #expect(error?.message.contains("the program program is missing") == true)
            #expect(error?.message.contains("/") == false)
        }
    }

    @Test func `a program that may not be executed, a folder or a broken one makes its apps unavailable`() async throws
    {
        for (answer, words) in [
            ("exit 7", "ended with exit code 7"), ("kill -11 $$", "ended with signal 11"),
            ("yes", "says too much of its apps"),
        ] {
            var limits = ScriptedHost.quick
            limits.maximumManifests = 100_000
            try await ScriptedHost.with("", describe: answer, limits: limits) { host async throws in
                let error = await #expect(throws: ServerError.self) { try await host.runner.apps() }
                #expect(error?.code == .unavailable)
                #expect(error?.message.hasSuffix(words) == true, "\(String(describing: error))")
            }
        }
        try await ScriptedHost.with("") { host async throws in
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o644], ofItemAtPath: host.folder + "/program")
            let error = await #expect(throws: ServerError.self) { try await host.runner.apps() }
            #expect(error?.message.contains("not executable") == true)
        }
    }

    @Test func `a program that does not answer is given up`() async throws {
        var limits = ScriptedHost.quick
        limits.startTime = .milliseconds(300)
        for answer in ["while :; do sleep 1; done", "sleep 1000 & exit 0"] {
            try await ScriptedHost.with("", describe: answer, limits: limits) { host async throws in
                let error = await #expect(throws: ServerError.self) { try await host.runner.apps() }
                #expect(error?.code == .unavailable)
                #expect(host.leftovers == [])
            }
        }
    }

    @Test func `an app that cannot be looked for is not said to be gone`() async throws {
        try await ScriptedHost.with("", describe: "exit 7") { host async throws in
            for app in ["test/app", "some/other"] {
                let error = await #expect(throws: ServerError.self) {
                    try await host.runner.lease(for: .sample("t", app: app)) { _ in }
                }
                #expect(error?.code == .unavailable)
                #expect(error?.message.contains("exit code 7") == true)
            }
        }
    }

    @Test func `a failure to describe is not remembered`() async throws {
        let answer = """
            [ -e "$home/ready" ] || exit 1
            cat <<'EOF'
            \(ScriptedHost.manifest)
            EOF
            """
        try await ScriptedHost.with("", describe: answer) { host async throws in
            await #expect(throws: ServerError.self) { try await host.runner.apps() }
            #expect(FileManager.default.createFile(atPath: host.folder + "/ready", contents: nil))
            #expect(try await host.runner.apps().count == 1)
        }
    }
}
