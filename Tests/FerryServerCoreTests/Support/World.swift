// SPDX-License-Identifier: Apache-2.0

import FerrySigning
import FerryTesting
import FerryWire
import Logging
import NIOCore
import Synchronization
import Testing

@testable import FerryServerCore

/// A clock that stands still until it is turned.
final class TestClock: Sendable {
    private let time = Mutex(Timestamp.sample)

    var now: Timestamp { time.withLock { $0 } }
    var serverClock: ServerClock { ServerClock { self.now } }

    func advance(bySeconds amount: Int64) { time.withLock { $0 = $0.advanced(bySeconds: amount) } }
}

/// The server's rules over drivers in memory, with a clock and apps that tests control.
struct World: Sendable {
    static let rootKey = "inf_root-key-of-these-tests"
    static let base = "http://ferry.test:8787"

    let clock = TestClock()
    let limits: ServerLimits
    let blobs: InMemoryBlobStore
    let files = InMemoryFileIndex()
    let tasks = InMemoryTaskStore()
    let taskFiles = InMemoryTaskFileIndex()
    let access = InMemoryAccessStore()
    let secrets = InMemorySecretStore()
    let bus = LocalEventBus()
    let sessions: InMemorySessionStore
    let chats = InMemoryChatStore()
    let apps: ScriptedAppRunner
    let web: any ForeignWeb
    let services: ServerServices
    let root: Principal

    init(
        apps: ScriptedAppRunner = ScriptedAppRunner(), capacity: Int64 = .max, isAlone: Bool = true,
        web: any ForeignWeb = NoForeignWeb(),
        agents: any AgentCatalog = NoAgentCatalog(), sessions: InMemorySessionStore = InMemorySessionStore(),
        deployer: (any AppDeployer)? = nil,
        limits change: (inout ServerLimits) -> Void = { _ in }
    ) async throws {
        var limits = ServerLimits()
        change(&limits)
        self.limits = limits
        self.apps = apps
        self.web = web
        self.sessions = sessions
        blobs = InMemoryBlobStore(capacity: capacity)
        services = try await ServerServices(
            drivers: .init(
                blobs: blobs, files: files, tasks: tasks, queue: tasks, taskFiles: taskFiles, outbox: tasks,
                access: access, secrets: secrets, apps: apps, bus: bus, sessions: sessions, chats: chats,
                agents: agents, web: web, deployer: deployer),
            rootKey: Self.rootKey, isAlone: isAlone, limits: limits, clock: clock.serverClock, logger: .silent)
        root = try await services.access.authenticate(authorization: "Bearer \(Self.rootKey)")
    }

    /// A caller of another team, or with other scopes.
    func principal(team: String, scopes: [Scope] = Scope.allCases) async throws -> Principal {
        let key = try await services.access.createKey(
            CreateKeyRequest(name: "test", team: team, scopes: scopes.map(\.rawValue)), by: root)
        return try await services.access.authenticate(authorization: "Bearer \(#require(key.key))")
    }

    var presenter: FilePresenter { FilePresenter(links: services.links, base: Self.base) }

    /// A record whose bytes are still to come.
    func pending(_ file: PartialFile = PartialFile(filename: "a.txt"), by owner: Principal? = nil) async throws
        -> FileRecord
    {
        try await services.files.create(CreateFilesRequest(files: [file]), by: owner ?? root)[0]
    }

    /// A record with bytes.
    func ready(
        _ text: String, _ file: PartialFile = PartialFile(filename: "a.txt"), by owner: Principal? = nil
    ) async throws -> FileRecord {
        try await put(text, to: try await pending(file, by: owner))
    }

    /// What the head of a PUT to a record's own link says.
    func head(
        of record: FileRecord, length: Int64? = nil, type: String? = nil, digests: [String] = []
    ) throws -> UploadService.Head {
        let link = Link(services.links.uploadLink(record, base: Self.base))
        return UploadService.Head(
            id: record.id, path: link.path, query: try #require(link.query), contentLength: length, contentType: type,
            digests: digests)
    }

    /// Puts bytes to a record's own link, with their true length announced.
    @discardableResult
    func put(_ text: String, to record: FileRecord, type: String? = nil) async throws -> FileRecord {
        let ticket = try await services.uploads.admit(
            try head(of: record, length: Int64(text.utf8.count), type: type))
        return try await services.uploads.receive(ticket, body: OneChunk(bytes: Array(text.utf8)))
    }

    /// The stored bytes of a record, as text.
    func text(of record: FileRecord) async throws -> String {
        let download = try await services.downloads.open(record)
        let bytes = try await download.reader.read(at: 0, maximumLength: 1 << 20)
        await download.reader.close()
        return String(buffer: bytes)
    }

    /// The keys of all stored bytes.
    func blobKeys() async throws -> [String] { try await blobs.keys(after: nil, limit: 10_000) }
}

/// A link, taken apart.
struct Link {
    var path: String
    var query: String?

    init(_ text: String, base: String = World.base) {
        let rest = text.dropFirst(base.count)
        let parts = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = String(parts[0])
        query = parts.count > 1 ? String(parts[1]) : nil
    }
}

extension Logger {
    /// Says nothing.
    static var silent: Logger { Logger(label: "silent") { _ in SwiftLogNoOpLogHandler() } }
}
