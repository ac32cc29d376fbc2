// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import Foundation
import Logging
import Testing

@testable import FerryAppHost

@Suite struct CatalogFolderTests {
    private func limits(_ change: (inout CatalogLimits) -> Void = { _ in }) -> CatalogLimits {
        var limits = CatalogLimits()
        limits.scanInterval = .milliseconds(1)
        limits.listPatience = .seconds(20)
        change(&limits)
        return limits
    }

    @Test func `an executable in a folder is an app, under the name its settings give it`() async throws {
        try await AppsFolder.with(limits: limits()) { host async throws in
            let folder = try host.write(
                "first",
                [
                    "inf.yml": AppsFolder.settings(
                        "one", kernel: "swift", "description: told\nresources: {ram: 2, gpu: {count: 1}}\nenv: {A: b}"),
                    "bin/one": AppsFolder.program("own"),
                ], executable: ["bin/one"])
            let app = try #require(try await host.runner.apps().first)
            #expect(app.reference == "test/one")
            #expect(app.description == "told")
            let entry = try #require(try await host.catalog.current().first)
            #expect(entry.plan.program == Folders.resolved(folder)! + "/bin/one")
            #expect(entry.plan.appReference == "made/own")
            #expect(entry.plan.codeFolder == Folders.resolved(folder))
            #expect(entry.plan.memory == 2_000_000_000)
            #expect(entry.plan.concurrency == 1)
            #expect(entry.plan.environment["A"] == "b")
            #expect(entry.setupSchema?["title"] == "Setup")
            #expect(try await host.runner.version(app.versionID, of: "test/one") == app)
            #expect(try await host.runner.version(Identifier.short(app.versionID), of: "test/one") == app)
            #expect(try await host.runner.version("other", of: "test/one") == nil)
        }
    }

    @Test func `a folder that changes becomes another version, and an equal one is the same version`() async throws {
        try await AppsFolder.with(limits: limits()) { host async throws in
            let files = ["inf.yml": AppsFolder.settings("one", kernel: "swift"), "one": AppsFolder.program("own")]
            try host.write("first", files, executable: ["one"])
            let before = try #require(try await host.runner.apps().first)
            try host.write("first", ["data.txt": "more"])
            let after = try await eventually {
                try await host.runner.apps().first { $0.versionID != before.versionID }
            }
            #expect(after.id == before.id)
            try FileManager.default.removeItem(atPath: host.apps + "/first/data.txt")
            let again = try await eventually {
                try await host.runner.apps().first { $0.versionID != after.versionID }
            }
            #expect(again.versionID == before.versionID)
            try FileManager.default.removeItem(atPath: host.apps + "/first")
            _ = try await eventually { try await host.runner.apps().isEmpty ? true : nil }
        }
    }

    @Test func `a broken app is left out, and who asks for it is told why`() async throws {
        try await AppsFolder.with(limits: limits()) { host async throws in
            try host.write(
                "good", ["inf.yml": AppsFolder.settings("good", kernel: "swift"), "good": AppsFolder.program("g")],
                executable: ["good"])
            try host.write("bad", ["inf.yml": "name: bad\n"])
            try host.write("none", ["inf.yml": AppsFolder.settings("none", kernel: "swift")])
            try host.write(
                "dies",
                [
                    "inf.yml": AppsFolder.settings("dies", kernel: "swift"),
                    "dies": "#!/bin/sh\necho 'it is broken' >&2\nexit 3\n",
                ], executable: ["dies"])
            #expect(try await host.runner.apps().map(\.name) == ["good"])
            for (name, words) in [
                ("bad", "namespace"), ("none", "no executable bin/none or none"), ("dies", "exit code 3: it is broken"),
            ] {
                let error = await #expect(throws: ServerError.self) {
                    try await host.runner.prepareApps(name: name, namespace: nil)
                }
                #expect(error?.code == .unavailable)
                #expect(error?.message.contains(words) == true, "\(String(describing: error))")
                #expect(error?.message.contains(host.folder) == false)
            }
            #expect(host.log.all.contains { $0.hasPrefix("error") && $0.contains("the app in bad") })
            // Not asked again at every look.
            try await host.runner.prepareApps(name: "good", namespace: "test")
        }
    }

    @Test func `what an app said of itself outlives the server`() async throws {
        try await AppsFolder.with(limits: limits()) { host async throws in
            let asked = host.folder + "/asked"
            let program = AppsFolder.program("own").replacing("$HOME/asked", with: asked)
            try host.write(
                "one", ["inf.yml": AppsFolder.settings("one", kernel: "swift"), "one": program], executable: ["one"])
            let before = try await host.runner.apps()
            #expect(before.count == 1)
            let second = try await ProcessAppRunner(
                programs: [], appsFolder: host.apps, places: CatalogPlaces(dataFolder: host.folder + "/data"),
                catalogLimits: limits(), workFolder: host.folder + "/work", logger: .init(label: "t"))
            #expect(try await second.apps() == before)
            #expect(try String(contentsOfFile: asked, encoding: .utf8) == "asked\n")
        }
    }

    @Test func `secrets reach the app only if it asks for them and the operator gives them`() async throws {
        let environment = ["FERRY_SECRET_TOKEN": "s3cret", "FERRY_SECRET_OTHER": "no", "SERVER": "no"]
        try await AppsFolder.with(limits: limits(), environment: environment) { host async throws in
            try host.write(
                "one",
                [
                    "inf.yml": AppsFolder.settings("one", kernel: "swift", "secrets: [TOKEN, {key: ABSENT}]"),
                    "one": AppsFolder.program("own"),
                ], executable: ["one"])
            let entry = try await host.entry("one")
            #expect(entry.plan.environment == ["TOKEN": "s3cret"])
            #expect(host.log.all.contains { $0.contains("FERRY_SECRET_ABSENT") })
            #expect(!host.log.all.contains { $0.contains("s3cret") })
        }
    }

    @Test func `a default function that is not there is refused`() async throws {
        try await AppsFolder.with(limits: limits()) { host async throws in
            try host.write(
                "one",
                [
                    "inf.yml": AppsFolder.settings("one", kernel: "swift", "default_function: other"),
                    "one": AppsFolder.program("own"),
                ], executable: ["one"])
            let error = await #expect(throws: ServerError.self) {
                try await host.runner.prepareApps(name: "one", namespace: nil)
            }
            #expect(error?.message.contains("its default function is other, but it has run") == true)
        }
    }
}
