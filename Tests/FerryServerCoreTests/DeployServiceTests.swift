// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import NIOCore
import Synchronization
import Testing

@testable import FerryServerCore

/// Takes apps into memory.
final class MemoryDeployer: AppDeployer {
    struct Entry: Hashable {
        var path: String
        var text: String
        var isExecutable: Bool
    }

    private let state = Mutex((committed: [[Entry]](), aborted: 0))
    let failsAt: String?

    init(failsAt: String? = nil) { self.failsAt = failsAt }

    var committed: [[Entry]] { state.withLock { $0.committed } }
    var aborted: Int { state.withLock { $0.aborted } }

    func begin() async throws -> any AppDeployment { Deployment(deployer: self) }

    private final class Deployment: AppDeployment {
        let deployer: MemoryDeployer
        let entries = Mutex<[Entry]>([])

        init(deployer: MemoryDeployer) { self.deployer = deployer }

        func add(_ blob: any BlobReader, path: String, isExecutable: Bool) async throws {
            if path == deployer.failsAt { throw ServerError(.validation, "inf.yml: no name") }
            let bytes = try await blob.read(at: 0, maximumLength: Int(blob.size))
            entries.withLock {
                $0.append(Entry(path: path, text: String(buffer: bytes), isExecutable: isExecutable))
            }
        }

        func commit() async throws -> AppDTO {
            let entries = entries.withLock { $0 }
            deployer.state.withLock { $0.committed.append(entries) }
            return .echo
        }

        func abort() async { deployer.state.withLock { $0.aborted += 1 } }
    }
}

struct DeployServiceTests {
    private func request(_ world: World, _ paths: [String]) async throws -> DeployRequest {
        let record = try await world.ready("x")
        return DeployRequest(
            files: paths.map { .init(path: $0, uri: FilePresenter.uri(record).description) })
    }

    @Test func `the files of an app are handed over as they are, and the app comes back`() async throws {
        let deployer = MemoryDeployer()
        let world = try await World(deployer: deployer)
        let manifest = FilePresenter.uri(try await world.ready("name: a")).description
        let program = FilePresenter.uri(try await world.ready("#!/bin/sh")).description
        let app = try await world.services.deployments.deploy(
            DeployRequest(files: [
                .init(path: "inf.yml", uri: manifest), .init(path: "bin/run", uri: program, isExecutable: true),
            ]), by: world.root)
        #expect(app == .echo)
        #expect(
            deployer.committed == [
                [
                    .init(path: "inf.yml", text: "name: a", isExecutable: false),
                    .init(path: "bin/run", text: "#!/bin/sh", isExecutable: true),
                ]
            ])
        #expect(deployer.aborted == 0)
    }

    @Test func `a server takes no apps unless it was told to, and from no key without the scope`() async throws {
        let closed = try await World()
        let refused = try await refusal {
            _ = try await closed.services.deployments.deploy(try await request(closed, ["inf.yml"]), by: closed.root)
        }
        #expect(refused.code == .forbidden)
        #expect(refused.message.contains("--allow-deploy"))
        let deployer = MemoryDeployer()
        let world = try await World(deployer: deployer)
        let body = try await request(world, ["inf.yml"])
        for scopes in [[.filesRead, .filesWrite, .appsExecute], [.appsDeploy]] as [[Scope]] {
            let caller = try await world.principal(team: "default", scopes: scopes)
            let error = try await refusal { _ = try await world.services.deployments.deploy(body, by: caller) }
            #expect(error.code == .insufficientScope)
        }
        let stranger = try await world.principal(team: "strangers")
        let foreign = try await refusal { _ = try await world.services.deployments.deploy(body, by: stranger) }
        #expect(foreign.code == .fileNotFound && foreign.message.hasPrefix("/files/0/uri"))
        #expect(deployer.committed.isEmpty)
    }

    @Test(
        arguments: [
            "/etc/passwd", "../x", "a/../x", "a//b", "a/", "", ".git/config", "a/.env", ".", "..", "a\\b", "a\u{0}b",
            "a\nb", "inf.yml", "inf.yml/x", String(repeating: "x", count: 256),
        ])
    func `a path that could leave the folder or hide in it is refused by name`(path: String) async throws {
        let deployer = MemoryDeployer()
        let world = try await World(deployer: deployer)
        let body = try await request(world, ["inf.yml", path])
        let error = try await refusal { _ = try await world.services.deployments.deploy(body, by: world.root) }
        #expect(error.code == .validation)
        #expect(error.message.hasPrefix("/files/1/path"))
        #expect(deployer.committed.isEmpty)
    }

    @Test func `an app is described, not too large, and all there`() async throws {
        let deployer = MemoryDeployer()
        let world = try await World(deployer: deployer) {
            $0.maximumAppFiles = 3
            $0.maximumAppSize = 2
        }
        let deployments = world.services.deployments
        let nameless = try await request(world, ["a", "sub/inf.yml"])
        #expect(
            try await refusal { _ = try await deployments.deploy(nameless, by: world.root) }.message
                .contains("inf.yml"))
        let many = try await request(world, ["inf.yml", "a", "b", "c"])
        #expect(
            try await refusal { _ = try await deployments.deploy(many, by: world.root) }.message.contains("at most 3"))
        let large = try await request(world, ["inf.yml", "a", "b"])
        #expect(try await refusal { _ = try await deployments.deploy(large, by: world.root) }.code == .payloadTooLarge)
        let pending = DeployRequest(files: [
            .init(path: "inf.yml", uri: FilePresenter.uri(try await world.pending()).description)
        ])
        #expect(
            try await refusal { _ = try await deployments.deploy(pending, by: world.root) }.message
                .contains("not been uploaded"))
        let elsewhere = DeployRequest(files: [.init(path: "inf.yml", uri: "https://example.com/inf.yml")])
        #expect(
            try await refusal { _ = try await deployments.deploy(elsewhere, by: world.root) }.message
                .hasPrefix("/files/0/uri"))
        #expect(deployer.committed.isEmpty)
    }

    @Test func `what fails halfway is dropped`() async throws {
        let deployer = MemoryDeployer(failsAt: "b")
        let world = try await World(deployer: deployer)
        let body = try await request(world, ["inf.yml", "a", "b"])
        let error = try await refusal { _ = try await world.services.deployments.deploy(body, by: world.root) }
        #expect(error.message == "inf.yml: no name")
        #expect(deployer.committed.isEmpty)
        #expect(deployer.aborted == 1)
    }
}
