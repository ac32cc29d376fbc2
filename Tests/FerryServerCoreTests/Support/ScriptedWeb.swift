// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import NIOCore
import Synchronization

/// A web that holds what a test puts there, and remembers what it was sent.
final class ScriptedWeb: ForeignWeb {
    struct Page: Sendable {
        var contentType: String?
        var filename: String?
        var bytes: [UInt8] = []
        /// What ends the bytes.
        var failure: ServerError?
    }

    struct Post: Sendable {
        var url: String
        var headers: [String: String]
        var body: [UInt8]
    }

    /// Answers a post with a status.
    typealias Answer = @Sendable (Post) async throws -> Int

    private struct State {
        var pages: [String: Page]
        var answer: Answer
        var fetched: [String] = []
        var posts: [Post] = []
    }

    private let state: Mutex<State>
    let gauge = Gauge()

    init(_ pages: [String: Page] = [:], answer: @escaping Answer = { _ in 200 }) {
        state = Mutex(State(pages: pages, answer: answer))
    }

    var fetched: [String] { state.withLock { $0.fetched } }
    var posts: [Post] { state.withLock { $0.posts } }

    func check(_ url: String) throws(ServerError) {
        guard !url.contains("forbidden") else { throw ServerError(.validation, "\(url) is forbidden") }
    }

    func get(_ url: String) async throws -> ForeignContent {
        gauge.enter()
        defer { gauge.leave() }
        await Task.yield()
        let page = state.withLock { state in
            state.fetched.append(url)
            return state.pages[url]
        }
        guard let page else { throw ServerError(.validation, "\(url) answered with status 404") }
        let (stream, continuation) = AsyncThrowingStream.makeStream(of: ByteBuffer.self)
        let half = page.bytes.count / 2
        continuation.yield(ByteBuffer(bytes: page.bytes[..<half]))
        continuation.yield(ByteBuffer(bytes: page.bytes[half...]))
        continuation.finish(throwing: page.failure)
        return ForeignContent(contentType: page.contentType, filename: page.filename, chunks: stream)
    }

    func post(_ url: String, headers: [(String, String)], body: [UInt8]) async throws -> Int {
        let post = Post(
            url: url, headers: Dictionary(headers, uniquingKeysWith: { $0 + ", " + $1 }), body: body)
        let answer = state.withLock { state in
            state.posts.append(post)
            return state.answer
        }
        return try await answer(post)
    }
}
