// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryTesting
import FerryWire
import Logging
import ServiceLifecycle
import Synchronization
import Testing

@testable import FerryServerHTTP

/// A server on a port of its own, over drivers in memory.
final class TestServer: Sendable {
    static let rootKey = "inf_root-key-of-these-tests"

    let port: Int
    let services: ServerServices
    let blobs: InMemoryBlobStore
    let files: InMemoryFileIndex
    let tasks: InMemoryTaskStore
    let activity: ActivityMonitor
    /// Begins a graceful shutdown.
    let shutDown: @Sendable () async -> Void
    private let clients = Mutex<[RawClient]>([])

    fileprivate init(
        port: Int, services: ServerServices, blobs: InMemoryBlobStore, files: InMemoryFileIndex,
        tasks: InMemoryTaskStore, activity: ActivityMonitor, shutDown: @escaping @Sendable () async -> Void
    ) {
        self.port = port
        self.services = services
        self.blobs = blobs
        self.files = files
        self.tasks = tasks
        self.activity = activity
        self.shutDown = shutDown
    }

    var base: String { "http://127.0.0.1:\(port)" }

    /// A new connection, closed at the test's end.
    func connect() async throws -> RawClient {
        let client = try await RawClient.connect(port: port)
        clients.withLock { $0.append(client) }
        return client
    }

    fileprivate func closeClients() async {
        for client in clients.withLock({ $0 }) { await client.close() }
    }

    /// The text of a request, with what every request needs.
    func head(
        _ method: String, _ target: String, key: String? = TestServer.rootKey, headers: [(String, String)] = []
    ) -> String {
        var text = "\(method) \(target) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n"
        if let key { text += "Authorization: Bearer \(key)\r\n" }
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        return text + "\r\n"
    }

    /// Asks on a connection of its own and gives the answer.
    ///
    /// - Parameters:
    ///   - body: announced by its length.
    ///   - raw: what follows the head as it is.
    func ask(
        _ method: String, _ target: String, key: String? = TestServer.rootKey, headers: [(String, String)] = [],
        body: String? = nil, raw: String = ""
    ) async throws -> RawResponse {
        let client = try await connect()
        let length = body.map { [("Content-Length", "\($0.utf8.count)")] } ?? []
        try await client.send(head(method, target, key: key, headers: headers + length) + (body ?? raw))
        let response = try await client.response(toHead: method == "HEAD")
        await client.close()
        return response
    }

    /// Asks with a JSON body.
    func post(
        _ target: String, _ body: JSONValue, key: String? = TestServer.rootKey, headers: [(String, String)] = []
    ) async throws -> RawResponse {
        try await ask(
            "POST", target, key: key, headers: [("Content-Type", "application/json")] + headers,
            body: body.description)
    }

    /// Makes a record, and gives it as the API shows it.
    func makeRecord(_ file: JSONValue = ["filename": "a.txt"]) async throws -> FileDTO {
        let response = try await post("/files", ["files": [file]])
        try #require(response.status == 200)
        return try FileDTO(json: try #require(response.data[0]))
    }

    /// The target of an address of this server.
    func target(_ address: String) throws -> String {
        try #require(address.hasPrefix(base))
        return String(address.dropFirst(base.count))
    }

    /// Makes a record and puts its bytes.
    func upload(_ text: String, _ file: JSONValue = ["filename": "a.txt"]) async throws -> FileDTO {
        let record = try await makeRecord(file)
        let response = try await ask("PUT", target(record.uploadURL), key: nil, body: text)
        try #require(response.status == 200)
        return try FileDTO(json: response.data)
    }

    /// Whether the record waits for its bytes and the store holds none at all.
    func isUntouched(_ record: FileDTO) async throws -> Bool {
        try await files.file(id: record.id)?.isReady == false && blobs.size == 0 && blobs.uploadCount == 0
    }
}

/// Runs the body beside a server, then shuts the server down as a signal would.
func withTestServer(
    publicURL: String? = nil, clock: ServerClock = .system,
    logger: Logger = Logger(label: "silent") { _ in SwiftLogNoOpLogHandler() },
    limits change: (inout ServerLimits) -> Void = { _ in },
    connections changeConnections: (inout ConnectionLimits) -> Void = { _ in },
    _ body: (TestServer) async throws -> Void
) async throws {
    var limits = ServerLimits()
    change(&limits)
    var configuration = FerryHTTPServer.Configuration(host: "127.0.0.1", port: 0, publicURL: publicURL)
    changeConnections(&configuration.limits)
    let (blobs, files, tasks) = (InMemoryBlobStore(), InMemoryFileIndex(), InMemoryTaskStore())
    let services = try await ServerServices(
        drivers: .init(
            blobs: blobs, files: files, tasks: tasks, queue: tasks, taskFiles: InMemoryTaskFileIndex(),
            outbox: tasks, access: InMemoryAccessStore(), secrets: InMemorySecretStore(), apps: TestApps(),
            bus: LocalEventBus(), sessions: InMemorySessionStore(), chats: InMemoryChatStore()),
        rootKey: TestServer.rootKey, isAlone: true, limits: limits, clock: clock, logger: logger)
    let activity = ActivityMonitor()
    let (ports, port) = AsyncStream.makeStream(of: Int.self)
    let http = FerryHTTPServer(
        configuration: configuration, services: services, activity: activity, logger: logger
    ) { port.yield($0) }
    let group = ServiceGroup(services: [http, services.dispatcher, services.chatDriver], logger: logger)
    let running = Task {
        defer { port.finish() }
        try await group.run()
    }
    let server = TestServer(
        port: try #require(await ports.first { _ in true }), services: services, blobs: blobs, files: files,
        tasks: tasks, activity: activity, shutDown: { await group.triggerGracefulShutdown() })
    let outcome: Result<Void, any Error>
    do {
        outcome = .success(try await body(server))
    } catch {
        outcome = .failure(error)
    }
    await server.closeClients()
    await group.triggerGracefulShutdown()
    try await running.value
    try outcome.get()
}

/// Waits until a condition holds; a failure if it does not within ten seconds.
func eventually(
    _ what: Comment, sourceLocation: SourceLocation = #_sourceLocation, _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + .seconds(10)
    while try await !condition() {
        try #require(ContinuousClock.now < deadline, what, sourceLocation: sourceLocation)
        try await Task.sleep(for: .milliseconds(2))
    }
}
