// SPDX-License-Identifier: Apache-2.0

import FerryWire
import NIOCore
import NIOHTTP1
import Testing

@testable import FerryClient

@Suite struct TransferPartsTests {
    @Test func `a digest header is read whatever stands beside it`() {
        let digest = sha256([1, 2, 3])
        let value = "sha-512=:AAAA:, sha-256=:\(Base64.encode(digest)):"
        #expect(ReprDigest.sha256(in: ["Repr-Digest": value]) == digest)
        #expect(ReprDigest.sha256(in: ["Repr-Digest": "sha-256=:AAAA:"]) == nil)
        #expect(ReprDigest.sha256(in: ["Repr-Digest": "sha-256=x"]) == nil)
        #expect(ReprDigest.sha256(hexadecimal: digest.hexadecimal) == digest)
        #expect(ReprDigest.sha256(hexadecimal: String(digest.hexadecimal.dropLast()) + "g") == nil)
    }

    @Test(
        arguments: [
            ("bytes 0-9/10", 0, 9, 10), ("bytes 5-9/*", 5, 9, nil), ("Bytes 1-1/2", 1, 1, 2),
        ] as [(String, Int64, Int64, Int64?)])
    func `a content range is read`(text: String, start: Int64, end: Int64, total: Int64?) throws {
        let range = try #require(ContentRange(text))
        #expect((range.start, range.end) == (start, end))
        #expect(range.total == total)
    }

    @Test(arguments: ["", "bytes */10", "bytes 9-0/10", "bytes 0-10/10", "items 0-1/2", "bytes 0-1", "bytes -1-2/3"])
    func `a garbled content range is none`(text: String) { #expect(ContentRange(text) == nil) }

    @Test func `chunks pass a relay in order and no more are held than fit`() async throws {
        let relay = ChunkRelay(capacity: 2)
        let sent = Shared(0)
        let sender = Task {
            for value in 0..<100 {
                try await relay.send(ByteBuffer(integer: UInt32(value)))
                sent.change { $0 += 1 }
            }
            relay.finish()
        }
        #expect(try await eventually { sent.value == 2 })
        var values: [UInt32] = []
        while var chunk = try await relay.next() { values.append(chunk.readInteger() ?? 0) }
        try await sender.value
        #expect(values == Array(0..<100))
    }

    @Test func `a sender learns that nobody takes any more`() async {
        let relay = ChunkRelay(capacity: 1)
        let sender = Task { while true { try await relay.send(ByteBuffer(string: "x")) } }
        relay.close()
        await #expect(throws: CancellationError.self) { try await sender.value }
    }

    @Test func `a receiver gets what was sent before the failure and then the failure`() async throws {
        let relay = ChunkRelay(capacity: 2)
        try await relay.send(ByteBuffer(string: "x"))
        relay.finish(throwing: FerryError(.sourceChanged, "changed"))
        #expect(try await relay.next() != nil)
        await #expect(throws: FerryError.self) { try await relay.next() }
    }

    @Test func `a cancelled receiver does not wait`() async {
        let relay = ChunkRelay(capacity: 1)
        let receiver = Task { try await relay.next() }
        receiver.cancel()
        await #expect(throws: CancellationError.self) { try await receiver.value }
    }

    @Test func `a gate lets through as many as it is wide`() async throws {
        let gate = Gate(width: 3)
        let state = Shared((now: 0, most: 0))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    try await gate.pass {
                        state.change {
                            $0.now += 1
                            $0.most = max($0.most, $0.now)
                        }
                        await Task.yield()
                        state.change { $0.now -= 1 }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(state.value.most <= 3)
        #expect(state.value.now == 0)
    }

    @Test func `who is cancelled at a gate leaves the queue`() async throws {
        let gate = Gate(width: 1)
        let (stream, release) = AsyncStream.makeStream(of: Void.self)
        let holder = Task { try await gate.pass { for await _ in stream { break } } }
        let waiter = Task { try await gate.pass {} }
        waiter.cancel()
        await #expect(throws: CancellationError.self) { try await waiter.value }
        release.yield()
        try await holder.value
        try await gate.pass {}
    }

    @Test func `progress is a fraction of the whole`() {
        #expect(TransferProgress(sent: 5, acknowledged: 0, total: 10).fraction == 0.5)
        #expect(TransferProgress(sent: 0, acknowledged: 0, total: 0).fraction == 1)
        #expect(TransferProgress(sent: 7, acknowledged: 0, total: nil).fraction == 0)
        #expect(TransferProgress(sent: 7, acknowledged: 7, total: nil).fraction == 1)
    }

    @Test(arguments: [
        "<html><body>\n\n  <h1>502   Bad Gateway</h1>\u{7}</body></html>", String(repeating: "x", count: 5000),
    ])
    func `a body that is no problem document is shown on one short line`(body: String) {
        let error = FerryError.response(status: 502, body: Array(body.utf8))
        #expect(error.message.hasPrefix("502 "))
        #expect(error.message.utf8.count < 300)
        #expect(!error.message.utf8.contains(0x0A) && !error.message.utf8.contains(7))
        #expect(error.isRetryable)
    }

    @Test(arguments: [("file_not_found", FerryError.Code.notFound), ("validation_error", .invalidInput)])
    func `a file that is named in a request and is not there is not found`(code: String, expected: FerryError.Code) {
        let body = #"{"status":422,"detail":"/input/image: no such file","error":{"code":"\#(code)","message":"no"}}"#
        let error = FerryError.response(status: 422, body: Array(body.utf8))
        #expect(error.code == expected)
        #expect(error.serverCode == code)
        #expect(error.isRefusal && !error.isRetryable)
    }

    @Test func `of an object store's error only code and message are shown`() {
        let body =
            "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>Request has expired</Message>"
            + "<SignatureProvided>verysecret</SignatureProvided></Error>"
        let error = FerryError.response(status: 403, body: Array(body.utf8))
        #expect(error.message.contains("AccessDenied: Request has expired"))
        #expect(!error.message.contains("verysecret"))
        #expect(error.isExpiredURL)
        #expect(error.shortDescription == "forbidden 403")
    }
}
