// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import Foundation
import Testing

@testable import FerryAppHost

@Suite struct DeployTests {
    private let limits: CatalogLimits = {
        var limits = CatalogLimits()
        limits.scanInterval = .milliseconds(1)
        limits.listPatience = .seconds(20)
        limits.keptVersions = 3
        limits.maximumFiles = 20
        limits.maximumBytes = 100_000
        return limits
    }()

    private func files(_ version: String = "1") -> [String: String] {
        ["inf.yml": AppsFolder.settings("one", kernel: "swift"), "one": AppsFolder.program("own", version: version)]
    }

    private func names(_ path: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    }

    @Test func `a deployed folder is the newest version, and older ones can be asked for`() async throws {
        try await AppsFolder.with(limits: limits) { host async throws in
            let source = try host.write(host.folder + "/source", files(), executable: ["one"])
            let store = AppFolderStore(appsDirectory: host.apps, limits: limits)
            let first = try await store.install(from: source)
            #expect(first.reference == "test/one" && first.isNew)
            let firstApp = try #require(try await host.runner.apps().first)
            #expect(firstApp.versionID == first.versionID)

            let again = try await store.install(from: source)
            #expect(again.versionID == first.versionID && !again.isNew)

            try host.write(source, files("2"), executable: ["one"])
            let second = try await store.install(from: source)
            #expect(second.isNew && second.versionID != first.versionID)
            let link = try FileManager.default.destinationOfSymbolicLink(atPath: host.apps + "/test.one")
            #expect(link == ".versions/test/one/" + second.versionID)
            let newest = try await eventually {
                try await host.runner.apps().first { $0.versionID == second.versionID }
            }
            #expect(newest.reference == "test/one")
            let older = try await host.runner.version(Identifier.short(first.versionID), of: "test/one")
            #expect(older?.versionID == first.versionID)
            #expect(names(host.apps) == [".versions", "test.one"])
        }
    }

    @Test func `only the newest versions are kept`() async throws {
        try await AppsFolder.with(limits: limits) { host async throws in
            let store = AppFolderStore(appsDirectory: host.apps, limits: limits)
            var ids: [String] = []
            for version in 1...5 {
                let source = try host.write(host.folder + "/source", files("\(version)"), executable: ["one"])
                ids.append(try await store.install(from: source).versionID)
            }
            #expect(names(host.apps + "/.versions/test/one") == ids.suffix(3).sorted())
        }
    }

    @Test func `links inside become what they lead to, and what is no part of an app stays behind`() async throws {
        try await AppsFolder.with(limits: limits) { host async throws in
            var all = files()
            all["shared/helper.py"] = "x = 1\n"
            for name in [".git/config", "__pycache__/a.pyc", "a.pyc", ".venv/x", "venv/y", "node_modules/.cache/z"] {
                all[name] = "no"
            }
            all["node_modules/dep/index.js"] = "yes"
            let source = try host.write(host.folder + "/source", all, executable: ["one"])
            try FileManager.default.createSymbolicLink(
                atPath: source + "/helper.py", withDestinationPath: "shared/helper.py")
            try FileManager.default.createSymbolicLink(atPath: source + "/linked", withDestinationPath: "shared")
            let installed = try await AppFolderStore(appsDirectory: host.apps, limits: limits).install(from: source)
            let place = host.apps + "/test.one/"
            let found = try FolderTree.look(at: place, limits: limits).files.map(\.path)
            #expect(
                found == [
                    "helper.py", "inf.yml", "linked/helper.py", "node_modules/dep/index.js", "one", "shared/helper.py",
                ])
            #expect(try FolderTree.look(at: source, limits: limits).versionID() == installed.versionID)
            #expect(FileManager.default.isExecutableFile(atPath: place + "one"))
            let facts = try FileManager.default.attributesOfItem(atPath: place + "helper.py")
            #expect(facts[.type] as? FileAttributeType == .typeRegular)
        }
    }

    @Test(arguments: ["link out", "link to nowhere", "pipe", "many", "big", "loop", "no settings"])
    func `a folder that is no app is refused and nothing is left`(kind: String) async throws {
        try await AppsFolder.with(limits: limits) { host async throws in
            let source = try host.write(host.folder + "/source", files(), executable: ["one"])
            let words: String
            switch kind {
            case "link out":
                try FileManager.default.createSymbolicLink(atPath: source + "/x", withDestinationPath: "/etc/passwd")
                words = "the link x leads out of the folder"
            case "link to nowhere":
                try FileManager.default.createSymbolicLink(atPath: source + "/x", withDestinationPath: "nothing")
                words = "the link x leads nowhere"
            case "pipe":
                #expect(mkfifo(source + "/x", 0o600) == 0)
                words = "x is neither a file nor a folder"
            case "many":
                for number in 0..<25 { try host.write(source, ["f\(number)": ""]) }
                words = "more than 20 files"
            case "big":
                try host.write(source, ["x": String(repeating: "x", count: 100_001)])
                words = "more than 100000 bytes"
            case "loop":
                try host.write(source, ["a/b": ""])
                try FileManager.default.createSymbolicLink(atPath: source + "/a/up", withDestinationPath: "../a")
                words = "deep, or a link leads to its parent"
            default:
                try FileManager.default.removeItem(atPath: source + "/inf.yml")
                words = "inf.yml"
            }
            let error = await #expect(throws: ServerError.self) {
                try await AppFolderStore(appsDirectory: host.apps, limits: limits).install(from: source)
            }
            #expect(error?.code == .validation)
            if kind != "loop" { #expect(error?.message.contains(words) == true, "\(String(describing: error))") }
            #expect(names(host.apps).filter { $0 != ".versions" } == [])
            #expect(names(host.apps + "/.versions").filter { $0 != ".lock" } == [])
        }
    }

    @Test func `a folder made by hand keeps its place`() async throws {
        try await AppsFolder.with(limits: limits) { host async throws in
            try host.write("mine", files(), executable: ["one"])
            let source = try host.write(host.folder + "/source", files("2"), executable: ["one"])
            let error = await #expect(throws: ServerError.self) {
                try await AppFolderStore(appsDirectory: host.apps, limits: limits).install(from: source)
            }
            #expect(error?.code == .conflict)
            #expect(error?.message.contains("the folder mine, made by hand, holds test/one") == true)
        }
    }

    @Test func `what an installation that died left is removed by the next one`() async throws {
        try await AppsFolder.with(limits: limits) { host async throws in
            try host.write(host.apps + "/.versions/.new-dead", ["a": "b"])
            let source = try host.write(host.folder + "/source", files(), executable: ["one"])
            _ = try await AppFolderStore(appsDirectory: host.apps, limits: limits).install(from: source)
            #expect(names(host.apps + "/.versions") == [".lock", "test"])
        }
    }

    @Test func `installations at the same time all succeed`() async throws {
        try await AppsFolder.with(limits: limits) { host async throws in
            let sources = try (1...4).map {
                try host.write(host.folder + "/source\($0)", files("\($0 % 2)"), executable: ["one"])
            }
            let store = AppFolderStore(appsDirectory: host.apps, limits: limits)
            let ids = try await withThrowingTaskGroup(of: String.self) { group in
                for source in sources { group.addTask { try await store.install(from: source).versionID } }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(ids.count == 2)
            #expect(names(host.apps + "/.versions/test/one") == ids.sorted())
        }
    }

    @Test func `an app that comes file by file is there as soon as it is committed`() async throws {
        try await AppsFolder.with(limits: limits) { host async throws in
            let deployer = host.runner.deployer(
                appsDirectory: host.apps, stagingFolder: host.folder + "/staging", limits: limits)
            let deployment = try await deployer.begin()
            for (path, text) in files() {
                try await deployment.add(
                    MemoryReader(Array(text.utf8)), path: path, isExecutable: path == "one")
            }
            let app = try await deployment.commit()
            #expect(app.reference == "test/one")
            #expect(try await host.runner.apps() == [app])
            #expect(names(host.folder + "/staging") == [])
            await #expect(throws: ServerError.self) {
                try await deployment.add(MemoryReader([]), path: "late", isExecutable: false)
            }
        }
    }

    @Test(arguments: ["../x", "/etc/x", "a//b", "a/../b", "", ".", "a/./b", "inf.yml"])
    func `paths that leave the folder, or come twice, are refused`(path: String) async throws {
        try await AppsFolder.with(limits: limits) { host async throws in
            let deployer = host.runner.deployer(
                appsDirectory: host.apps, stagingFolder: host.folder + "/staging", limits: limits)
            let deployment = try await deployer.begin()
            try await deployment.add(MemoryReader([1]), path: "inf.yml", isExecutable: false)
            let error = await #expect(throws: ServerError.self) {
                try await deployment.add(MemoryReader([1]), path: path, isExecutable: false)
            }
            #expect(error?.code == .validation)
            await deployment.abort()
            await deployment.abort()
            #expect(names(host.folder + "/staging") == [])
        }
    }

    @Test(arguments: ["program", "words", "nothing"])
    func `a version that cannot be run never becomes the newest`(kind: String) async throws {
        try await AppsFolder.with(limits: limits) { host async throws in
            let deployer = host.runner.deployer(
                appsDirectory: host.apps, stagingFolder: host.folder + "/staging", limits: limits)
            func deploy(_ files: [String: String]) async throws -> AppDTO {
                let deployment = try await deployer.begin()
                for (path, text) in files {
                    try await deployment.add(MemoryReader(Array(text.utf8)), path: path, isExecutable: path == "one")
                }
                return try await deployment.commit()
            }
            let good = try await deploy(files())
            var broken = files("2")
            switch kind {
            case "program": broken["one"] = "#!/bin/sh\necho on purpose >&2\nexit 3\n"
            case "words": broken["one"] = "#!/bin/sh\necho no json\n"
            default: broken["one"] = nil
            }
            let error = await #expect(throws: ServerError.self) { try await deploy(broken) }
            #expect(error?.code == .validation, "\(String(describing: error))")
            if kind == "program" { #expect(error?.message.contains("on purpose") == true) }
            #expect(names(host.apps + "/.versions/test/one") == [good.versionID])
            let link = try FileManager.default.destinationOfSymbolicLink(atPath: host.apps + "/test.one")
            #expect(link == ".versions/test/one/" + good.versionID)
            await host.catalog.lookAgain()
            #expect(try await host.runner.apps().map(\.versionID) == [good.versionID])
            #expect(try await deploy(files()).versionID == good.versionID)
        }
    }

    @Test func `two apps with one place in the folder are told apart, and names that hide themselves refused`()
        async throws
    {
        try await AppsFolder.with(limits: limits) { host async throws in
            let store = AppFolderStore(appsDirectory: host.apps, limits: limits)
            func source(_ namespace: String, _ name: String) throws -> String {
                try host.write(
                    host.folder + "/source-" + Identifier.random(),
                    ["inf.yml": "namespace: \(namespace)\nname: \(name)\nkernel: swift\n", "program": "x"])
            }
            let first = try await store.install(from: try source("a.b", "c"))
            let error = await #expect(throws: ServerError.self) {
                try await store.install(from: try source("a", "b.c"))
            }
            #expect(error?.code == .conflict)
            let link = try FileManager.default.destinationOfSymbolicLink(atPath: host.apps + "/a.b.c")
            #expect(link == ".versions/a.b/c/" + first.versionID)
            for (namespace, name) in [(".x", "c"), ("x", ".c"), (".new-x", "c")] {
                let error = await #expect(throws: ServerError.self) {
                    try await store.install(from: try source(namespace, name))
                }
                #expect(error?.code == .validation)
            }
            #expect(names(host.apps) == [".versions", "a.b.c"])
        }
    }

    @Test func `an installation waits for that of another process`() async throws {
        try await AppsFolder.with(limits: limits) { host async throws in
            let source = try host.write(host.folder + "/source", files(), executable: ["one"])
            let store = AppFolderStore(appsDirectory: host.apps, limits: limits)
            _ = try await store.install(from: source)
            let lock = open(host.apps + "/.versions/.lock", O_RDWR)
            #expect(lock >= 0 && flock(lock, LOCK_EX) == 0)
            let waiting = Task { try await store.install(from: source) }
            try await Task.sleep(for: .milliseconds(150))
            // Who waits can give up.
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
            close(lock)
            #expect(try await !store.install(from: source).isNew)
        }
    }

    @Test func `deployments that a server left behind are removed at its start`() async throws {
        try await AppsFolder.with(limits: limits) { host async throws in
            let deployer = host.runner.deployer(
                appsDirectory: host.apps, stagingFolder: host.folder + "/staging", limits: limits)
            _ = try await deployer.begin()
            #expect(try await deployer.removeLeftovers() == 1)
            #expect(names(host.folder + "/staging") == [])
        }
    }
}
