// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import Synchronization
import Testing

@testable import FerryServerCore

@Suite(.timeLimit(.minutes(1)))
struct WebhookTests {
    private static let url = "https://example.com/hook?key=secret"

    private func submit(
        to app: String = "test/resize", _ world: World, by principal: Principal? = nil, url: String = url
    ) async throws -> TaskRecord {
        let request = RunRequest(app: app, input: [:], webhook: url)
        return try await world.services.tasks.submit(request, by: principal ?? world.root, bases: [World.base])
    }

    /// Runs the queued task to its end.
    private func finish(_ world: World) async throws -> TaskRecord {
        let claimed = try await world.claim()
        await world.execution().run(claimed)
        return try await world.record(of: claimed)
    }

    /// Tries what is due once; gives how many that was.
    private func send(_ world: World) async throws -> Int {
        let due = try await world.tasks.takeDueWebhooks(
            at: world.clock.now, heldUntil: world.clock.now.advanced(bySeconds: 60), limit: 10, teamLimit: 10)
        for delivery in due { await world.services.webhooks.deliver(delivery) }
        return due.count
    }

    @Test func `signatures are those of the Standard Webhooks convention`() {
        // Computed with another implementation of HMAC.
        let signer = WebhookSigner(secret: Array(0..<32))
        let team = "01hzy4m0000000000000000000"
        #expect(signer.secret(ofTeam: team) == "whsec_SBDlhpd3ZUHiWM2P8oTghKV0CibFoAOUGJcTYF0uOi4=")
        let headers = signer.headers(
            id: "msg_abc", team: team, time: Timestamp(microseconds: 1_767_225_600_900_000),
            body: Array(#"{"a":"é"}"#.utf8))
        #expect(
            Dictionary(uniqueKeysWithValues: headers) == [
                "content-type": "application/json", "webhook-id": "msg_abc", "webhook-timestamp": "1767225600",
                "webhook-signature": "v1,VigGyhqiUA7wbC5QCmeOQG1iYnVGF1rFuI1PO1g64VE=",
            ])
    }

    @Test func `the end of a task is told once, signed, with links to its files`() async throws {
        let apps = ScriptedAppRunner { _, workspace, _ in ["image": .string(workspace.write("x", to: "x.png"))] }
        let web = ScriptedWeb()
        let world = try await World(apps: apps, web: web)
        let task = try await submit(world)
        #expect(TaskPresenter(files: world.presenter, limits: world.limits).present(task).webhook == Self.url)
        #expect(try await send(world) == 0)
        let ended = try await finish(world)
        #expect(try await send(world) == 1)
        #expect(try await send(world) == 0)
        let post = try #require(web.posts.first)
        #expect(post.url == Self.url)
        let body = try JSONValue(parsing: String(decoding: post.body, as: UTF8.self))
        #expect(body["type"] == "task.completed")
        #expect(body["timestamp"] == .time(ended.updatedAt))
        #expect(body["data"]?["id"] == .string(task.id))
        #expect(body["data"]?["status"] == 10)
        #expect(body["data"]?["output"]?["image"]?["uri"]?.stringValue?.hasPrefix(World.base + "/content/") == true)
        let expected = world.services.tasks.signer.headers(
            id: "msg_\(task.id)", team: task.teamID, time: world.clock.now, body: post.body)
        #expect(post.headers == Dictionary(uniqueKeysWithValues: expected))
    }

    @Test func `every kind of end is told`() async throws {
        let web = ScriptedWeb()
        let apps = ScriptedAppRunner { _, _, _ in throw AppFailure(message: "no such colour") }
        let world = try await World(apps: apps, web: web)
        _ = try await submit(world)
        _ = try await finish(world)
        let queued = try await submit(world)
        _ = try await world.services.tasks.cancel(id: queued.id, by: world.root)
        #expect(try await send(world) == 2)
        let types = try web.posts.map { try JSONValue(parsing: String(decoding: $0.body, as: UTF8.self))["type"] }
        #expect(Set(types) == ["task.failed", "task.cancelled"])
    }

    @Test func `what is not taken is tried again, each time later, and given up at last`() async throws {
        let web = ScriptedWeb { _ in 503 }
        let world = try await World(web: web) { $0.webhookRetryDelays = [5, 30, 120] }
        _ = try await submit(world)
        _ = try await finish(world)
        #expect(try await send(world) == 1)
        for delay in world.limits.webhookRetryDelays {
            world.clock.advance(bySeconds: delay - 1)
            #expect(try await send(world) == 0)
            world.clock.advance(bySeconds: 1)
            #expect(try await send(world) == 1)
        }
        world.clock.advance(bySeconds: 1_000_000)
        #expect(try await send(world) == 0)
        #expect(web.posts.count == 4)
        #expect(Set(web.posts.map { $0.headers["webhook-id"] }).count == 1)
        #expect(Set(web.posts.map { $0.headers["webhook-timestamp"] }).count == 4)
    }

    @Test(arguments: [301, 404, 199, 300])
    func `only 2xx is taken, redirects are not followed`(status: Int) async throws {
        let web = ScriptedWeb { _ in status }
        let world = try await World(web: web)
        _ = try await submit(world)
        _ = try await finish(world)
        _ = try await send(world)
        world.clock.advance(bySeconds: 5)
        #expect(try await send(world) == 1)
    }

    @Test func `a receiver that never answers is left and told again`() async throws {
        let web = ScriptedWeb { _ in
            try await Latch().wait()
            return 200
        }
        let world = try await World(web: web) { $0.webhookTimeout = 0 }
        _ = try await submit(world)
        _ = try await finish(world)
        #expect(try await send(world) == 1)
        world.clock.advance(bySeconds: 5)
        #expect(try await send(world) == 1)
    }

    @Test(arguments: ["http://forbidden/?key=secret", "https://a/" + String(repeating: "x", count: 2048)])
    func `a URL that may not be told is refused before the task exists`(url: String) async throws {
        let world = try await World(web: ScriptedWeb())
        let error = try await refusal { _ = try await submit(world, url: url) }
        #expect(error.code == .validation)
        #expect(error.message.hasPrefix("/webhook: "))
        #expect(!error.message.contains("secret"))
        #expect(try await world.services.tasks.unfinishedCount() == 0)
    }

    @Test func `a server without a web refuses webhooks`() async throws {
        let world = try await World()
        let error = try await refusal { _ = try await submit(world) }
        #expect(error.message.hasPrefix("/webhook: "))
    }

    @Test func `each team has a secret of its own, which not every key may see`() async throws {
        let world = try await World()
        let tasks = world.services.tasks
        let other = try await world.principal(team: "other")
        let secret = try tasks.webhookSecret(for: world.root)
        #expect(secret.hasPrefix("whsec_"))
        #expect(Base64.decode(strict: Array(secret.utf8.dropFirst(6)))?.count == 32)
        #expect(try tasks.webhookSecret(for: other) != secret)
        let runner = try await world.principal(team: "runners", scopes: [.appsExecute, .filesRead])
        let error = try await refusal { _ = try tasks.webhookSecret(for: runner) }
        #expect(error.code == .insufficientScope)
    }

    @Test func `the sender tells at once, several at a time, and a slow receiver holds up nobody`() async throws {
        let web = ScriptedWeb { post in
            if post.url.contains("slow") { try await Latch().wait() }
            return 200
        }
        let world = try await World(web: web) { $0.maximumConcurrentWebhooks = 2 }
        try await world.withService(world.services.webhooks) {
            _ = try await submit(world, url: "http://slow/")
            _ = try await finish(world)
            try await eventually("the slow one is being told") { web.posts.count == 1 }
            for _ in 0..<5 {
                _ = try await submit(world)
                _ = try await finish(world)
            }
            try await eventually("the others are told") { web.posts.count == 6 }
        }
        // The one that was cut is due at once when the server starts again, and this was none of its tries.
        let due = try await world.tasks.takeDueWebhooks(
            at: world.clock.now, heldUntil: world.clock.now.advanced(bySeconds: 60), limit: 10, teamLimit: 10)
        #expect(due.map(\.webhook.url) == ["http://slow/"])
        #expect(due.map(\.attempts) == [1])
    }

    @Test func `a team whose receivers are dead holds up no other`() async throws {
        let web = ScriptedWeb { post in
            if post.url.contains("dead") { try await Latch().wait() }
            return 200
        }
        let world = try await World(web: web) { $0.maximumConcurrentWebhooks = 4 }
        let crowd = try await world.principal(team: "crowd")
        let other = try await world.principal(team: "other")
        for _ in 0..<20 {
            _ = try await submit(world, by: crowd, url: "http://dead/")
            _ = try await finish(world)
        }
        try await world.withService(world.services.webhooks) {
            try await eventually("the dead ones have all the places they may have") { web.posts.count == 3 }
            for count in 1...5 {
                _ = try await submit(world, by: other)
                _ = try await finish(world)
                try await eventually("the other's is told") { web.posts.count { $0.url == Self.url } == count }
            }
            #expect(web.posts.count { $0.url == "http://dead/" } == 3)
        }
    }
}
