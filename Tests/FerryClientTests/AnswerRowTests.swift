// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import Testing

@testable import FerryClient

#if canImport(Glibc)
import Glibc
#endif

/// Rows 40, 43, 51, 52, 55, 56 and 69 to 74 of the catalogue of bad input, as far as they concern the client.
@Suite(.timeLimit(.minutes(2))) struct AnswerRowTests {
    /// The error of a call that is answered with this text.
    private func error(_ text: String) async throws -> FerryError {
        var error: FerryError?
        let body = Array(text.utf8)
        try await withStub(script: { _, _ in .respond(status: 200, body: body) }) { (ferry, _) async throws in
            error = await ferryError { _ = try await ferry.files.get(fileID) }
        }
        let found = try #require(error)
        #expect(found.message.utf8.count < 500)
        return found
    }

    @Test(arguments: ["/dev/zero", "/proc/self/mem", "pipe"])
    func `row 40: what is no regular file is refused at once`(name: String) async throws {
        try await withFolder { folder in
            let path = name.hasPrefix("/") ? name : "\(folder)/\(name)"
            if name == "pipe" { #expect(mkfifo(path, 0o600) == 0) }
            let error = try await refused { try await $0.files.upload(path: path) }
            #expect(error.code == .localFile)
        }
    }

    @Test(arguments: ["bomb.zip", "a.tar", "archive"])
    func `row 43: an archive goes up as it is`(name: String) async throws {
        let bytes: [UInt8] = [0x50, 0x4B, 3, 4] + noise(5000)
        let seen = try await seen { try await $0.files.upload(bytes, options: UploadFileOptions(filename: name)) }
        #expect(seen.bytes == bytes)
    }

    @Test(arguments: ["-1", "-9223372036854775808"])
    func `row 51: a negative size in an answer is refused`(size: String) async throws {
        #expect(try await error("{\"id\":\"\(fileID)\",\"size\":\(size)}").code == .server)
    }

    @Test(arguments: [("9223372036854775807", true), ("9223372036854775808", false)])
    func `row 52: the largest size in an answer is exact and one more is refused`(size: String, isExact: Bool)
        async throws
    {
        let text = "{\"id\":\"\(fileID)\",\"size\":\(size)}"
        guard isExact else {
            #expect(try await error(text).code == .server)
            return
        }
        try await withStub(script: { _, _ in .respond(status: 200, body: Array(text.utf8)) }) {
            (ferry, _) async throws in
            let file = try await ferry.files.get(fileID)
            #expect(file.size == .max)
        }
    }

    @Test(arguments: ["bytes", "stream", "path"])
    func `row 55: nothing at all is an empty file`(kind: String) async throws {
        try await withFolder { folder in
            try write([], to: "\(folder)/empty")
            let seen = try await seen { ferry in
                switch kind {
                case "bytes": return try await ferry.files.upload([UInt8]())
                case "path": return try await ferry.files.upload(path: "\(folder)/empty")
                default: return try await ferry.files.upload(AsyncStream<[UInt8]> { $0.finish() })
                }
            }
            #expect(seen.bytes.isEmpty)
        }
    }

    @Test(arguments: [1, 65_536, 3 << 20])
    func `row 56: a stream of unknown size goes up whole`(count: Int) async throws {
        let bytes = noise(count)
        let stream = AsyncStream<[UInt8]> { continuation in
            for start in stride(from: 0, to: count, by: 50_000) {
                continuation.yield(Array(bytes[start..<min(count, start + 50_000)]))
            }
            continuation.finish()
        }
        let seen = try await seen { try await $0.files.upload(stream) }
        #expect(seen.record.sha256 == sha256(bytes).hexadecimal)
    }

    @Test(arguments: ["[", "{\"id\":"])
    func `row 69: an answer of a hundred thousand levels is refused`(opening: String) async throws {
        #expect(try await error(String(repeating: opening, count: 100_000)).code == .server)
    }

    @Test(arguments: [#"{"id":"x","id":"y"}"#, #"{"id":"x","\u0069d":"y"}"#])
    func `row 70: an answer with a name twice is refused`(text: String) async throws {
        #expect(try await error(text).code == .server)
    }

    @Test(arguments: [#"{"id":"x","size":1,}"#, "\u{FEFF}{\"id\":\"x\"}", #"{"id":"x","size":NaN}"#])
    func `row 71: an answer that only lenient parsers take is refused`(text: String) async throws {
        #expect(try await error(text).code == .server)
    }

    @Test(arguments: ["[]", "\"x\"", "5", #"{"id":5}"#, #"{"id":"x","filename":["a"]}"#, #"{"id":"x","size":{}}"#])
    func `row 73: wrong types in an answer are refused`(text: String) async throws {
        #expect(try await error(text).code == .server)
    }

    @Test func `row 73: unknown members of an answer are ignored`() async throws {
        let text = "{\"id\":\"\(fileID)\",\"unknown\":{\"a\":[1]},\"size\":3}"
        try await withStub(script: { _, _ in .respond(status: 200, body: Array(text.utf8)) }) {
            (ferry, _) async throws in
            let file = try await ferry.files.get(fileID)
            #expect(file.size == 3)
        }
    }

    @Test(arguments: ["1e400", "-1e400"])
    func `row 74: a number beyond every double in an answer is refused`(number: String) async throws {
        #expect(try await error("{\"id\":\"x\",\"size\":\(number)}").code == .server)
    }
}
