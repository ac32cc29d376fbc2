// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Testing

@testable import FerryClient

/// Answers whatever it gets in plain text.
private final class PlainSpeaker: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let words = ByteBuffer(string: "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        context.writeAndFlush(wrapOutboundOut(words), promise: nil)
    }
}

@Suite struct TransportTests {
    @Test(
        arguments: [
            ["success": true, "status": 200, "data": record().json, "messages": []],
            ["data": record().json, "messages": []], record().json,
        ] as [JSONValue])
    func `answers of all generations are understood`(body: JSONValue) async throws {
        try await withStub(script: { _, _ in .json(body) }) { (ferry, _) async throws in
            #expect(try await ferry.files.get(fileID).id == fileID)
        }
    }

    @Test func `a base with a path and a slash is joined right`() async throws {
        try await withStub(
            change: { $0.baseURL += "/v1/" }, script: { _, _ in .json(record().json) }
        ) { (ferry, server) async throws in
            _ = try await ferry.files.get("inf://files/\(fileID)/x")
            #expect(server.requests.first?.path == "/v1/files/\(fileID)")
            #expect(server.requests.first?.headers.first(name: "accept") == "application/json")
        }
    }

    @Test(arguments: [
        (400, FerryError.Code.invalidInput), (401, .unauthorized), (403, .forbidden), (404, .notFound),
        (409, .conflict), (410, .notFound), (413, .tooLarge), (422, .invalidInput),
    ])
    func `a refusal is told with the server's words and not repeated`(
        status: Int, code: FerryError.Code
    ) async throws {
        try await withStub(
            script: { _, _ in .problem(status, "some_code", "what happened") }
        ) { (ferry, server) async throws in
            let error = await ferryError { _ = try await ferry.files.get(fileID) }
            #expect(error?.code == code)
            #expect(error?.status == status)
            #expect(error?.serverCode == "some_code")
            #expect(error?.message == "\(status) what happened")
            #expect(error?.isRetryable == false)
            #expect(server.requests.count == 1)
        }
    }

    @Test func `waits follow Retry-After, else the own back-off`() async throws {
        let waits = Waits()
        let hints: [HTTPHeaders] = [["Retry-After": "3"], ["Retry-After": "999999"], ["Retry-After": "soon"]]
        try await withStub(
            change: { $0.sleep = { waits.add($0) } },
            script: { request, _ in
                request.earlier < 3
                    ? .problem(429, "rate_limited", "slow down", headers: hints[request.earlier]) : .json(record().json)
            }
        ) { (ferry, _) async throws in
            _ = try await ferry.files.get(fileID)
            #expect(waits.all == [.seconds(3), .seconds(60), .seconds(1)])
        }
    }

    @Test func `a list is repeated after a failure, a run is not`() async throws {
        try await withStub(script: { request, _ in
            request.earlier == 0 ? .respond(status: 502) : .json(["items": []])
        }) { (ferry, server) async throws in
            #expect(try await ferry.files.list().items.isEmpty)
            #expect(server.requests("POST", "/files/list").count == 2)
            let error = await ferryError { _ = try await ferry.tasks.start(app: "a/b") }
            #expect(error?.status == 502)
            #expect(server.requests("POST", "/apps/run").count == 1)
        }
    }

    @Test func `a run is repeated after 503`() async throws {
        try await withStub(script: { request, _ in
            request.earlier == 0
                ? .respond(status: 503) : .json(["id": .string(fileID), "status": 2, "output": nil])
        }) { (ferry, server) async throws in
            #expect(try await ferry.tasks.start(app: "a/b").status == .queued)
            #expect(server.requests("POST", "/apps/run").count == 2)
        }
    }

    @Test func `a refused connection is retried even for a run and then told`() async throws {
        let server = try await StubServer.start { _, _ in .json([:]) }
        let url = server.url
        try await server.stop()
        let waits = Waits()
        try await withFerry(configuration: testConfiguration(url, waits: waits)) { (ferry) async throws in
            let error = await ferryError { _ = try await ferry.tasks.start(app: "a/b") }
            #expect(error?.code == .connection)
            #expect(error?.message.contains("could not connect") == true)
            #expect(error?.isRetryable == true)
            #expect(waits.all.count == 3)
        }
    }

    @Test func `a server that comes back in time is reached`() async throws {
        let first = try await StubServer.start { _, _ in .json([:]) }
        let port = first.port
        try await first.stop()
        var configuration = testConfiguration("http://127.0.0.1:\(port)")
        let second = Shared<StubServer?>(nil)
        configuration.sleep = { _ in
            if second.value == nil {
                let server = try await StubServer.start(port: port) { _, _ in .json(record().json) }
                second.change { $0 = server }
            }
        }
        try await withFerry(configuration: configuration) { (ferry) async throws in
            #expect(try await ferry.files.get(fileID).id == fileID)
        }
        try await second.value?.stop()
    }

    @Test func `a name without an address is told with the name`() async throws {
        try await withFerry(configuration: testConfiguration("http://no-such-host.invalid")) { (ferry) async throws in
            let error = await ferryError { _ = try await ferry.files.get(fileID) }
            #expect(error?.code == .dns)
            #expect(error?.message.contains("no-such-host.invalid") == true)
            #expect(error?.isRetryable == true)
        }
    }

    @Test func `what speaks no TLS is refused and not retried`() async throws {
        let waits = Waits()
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(PlainSpeaker())
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let url = "https://127.0.0.1:\(server.localAddress?.port ?? 0)"
        try await withFerry(configuration: testConfiguration(url, waits: waits)) { (ferry) async throws in
            let error = await ferryError { _ = try await ferry.files.get(fileID) }
            #expect(error?.code == .tls)
            #expect(error?.isRetryable == false)
            #expect(waits.all.isEmpty)
        }
        try await server.close()
    }

    @Test func `an answer has a limit`() async throws {
        try await withStub(
            change: { $0.limits.maximumAnswerSize = 1000 },
            script: { _, _ in
                .json(.string(String(repeating: "x", count: 2000)))
            }
        ) { (ferry, _) async throws in
            let error = await ferryError { _ = try await ferry.files.get(fileID) }
            #expect(error?.code == .limitExceeded)
        }
    }

    @Test(arguments: ["", "<html>hello</html>", "{\"id\": 5}", "[1,2", "null"])
    func `an answer that makes no sense is an error`(body: String) async throws {
        try await withStub(
            script: { _, _ in .respond(status: 200, body: Array(body.utf8)) }
        ) { (ferry, _) async throws in
            let error = await ferryError { _ = try await ferry.files.get(fileID) }
            #expect(error?.code == .server)
        }
    }

    @Test func `an API call follows no redirect`() async throws {
        try await withStub(script: { _, _ in
            .respond(status: 302, headers: ["Location": "http://127.0.0.1:1/"])
        }) { (ferry, server) async throws in
            let error = await ferryError { _ = try await ferry.files.get(fileID) }
            #expect(error?.status == 302)
            #expect(server.requests.count == 1)
        }
    }

    @Test func `pages are fetched one by one as the iteration goes on`() async throws {
        try await withStub(script: { request, _ in
            let cursor = request.json?["cursor"]?.stringValue ?? ""
            let page = Int(cursor) ?? 0
            let items = (0..<2).map { record(filename: "\(page * 2 + $0)").json }
            return .json([
                "items": .array(items), "next_cursor": .string("\(page + 1)"), "has_next": .bool(page < 2),
                "has_previous": false, "prev_cursor": "", "items_per_page": 2,
            ])
        }) { (ferry, server) async throws in
            var names: [String] = []
            for try await file in ferry.files.all(pageSize: 2) {
                names.append(file.filename)
                if names.count == 2 { #expect(server.requests.count == 1) }
            }
            #expect(names == ["0", "1", "2", "3", "4", "5"])
            #expect(server.requests.count == 3)
            #expect(server.requests[0].json?["limit"] == 2)
        }
    }

    @Test func `a request to be proxied goes to the proxy with its credentials and without the key`() async throws {
        try await withStub(script: { _, _ in .respond(status: 407) }) { (_, server) async throws in
            var configuration = testConfiguration("https://api.example.invalid/v1")
            configuration.proxies.https = .init(
                host: "127.0.0.1", port: server.port, username: "user", password: "word")
            try await withFerry(configuration: configuration) { (ferry) async throws in
                let error = await ferryError { _ = try await ferry.files.get(fileID) }
                #expect(error?.code == .connection)
                #expect(error?.message.contains("proxy") == true)
            }
            let request = try #require(server.requests.first)
            #expect(request.method == "CONNECT")
            #expect(request.path == "api.example.invalid:443")
            #expect(request.headers.first(name: "proxy-authorization") == "Basic dXNlcjp3b3Jk")
            #expect(request.headers.first(name: "authorization") == nil)
        }
    }

    @Test func `health is asked for without the key`() async throws {
        try await withStub(script: { _, _ in .json(["status": "ok"]) }) { (ferry, server) async throws in
            #expect(try await ferry.health()["status"] == "ok")
            #expect(server.requests[0].headers.first(name: "authorization") == nil)
        }
    }

    @Test func `keys are made, listed, rotated and revoked`() async throws {
        let key: JSONValue = ["id": "k1", "name": "n", "scopes": ["files:read"], "key": "inf_new"]
        try await withStub(script: { request, _ in
            switch request.method {
            case "GET": .json(["data": [key], "messages": []])
            case "DELETE": .json(["data": nil, "messages": []])
            default: .json(["data": key, "messages": []])
            }
        }) { (ferry, server) async throws in
            #expect(try await ferry.keys.create(name: "n", team: "t", scopes: ["files:read"]).key == "inf_new")
            #expect(try await ferry.keys.list().map(\.id) == ["k1"])
            #expect(try await ferry.keys.rotate("k1").id == "k1")
            try await ferry.keys.revoke("k1")
            #expect(server.requests[0].json?["team"] == "t")
            #expect(server.requests.map(\.path) == ["/keys", "/keys", "/keys/k1/rotate", "/keys/k1"])
        }
    }
}
