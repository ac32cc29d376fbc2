// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import FerryApp
import FerryWire
import NIOCore
import NIOHTTP1

/// Speaks to a server of the chat completions protocol.
struct ModelServer: Sendable {
    let settings: ModelServerSettings
    let limits: ChatCompletionLimits

    /// Lives as long as the process. Redirects are not followed: they would carry the key elsewhere.
    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.decompression = .disabled
        configuration.httpVersion = .http1Only
        configuration.timeout = .init(connect: TimeAmount(ChatCompletionLimits.standard.connectTime))
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration)
    }()

    init(_ settings: ModelServerSettings, limits: ChatCompletionLimits = .standard) {
        self.settings = settings
        self.limits = limits
    }

    /// The first model that the server has.
    ///
    /// - Throws: ``AppFailure``, `CancellationError`.
    func firstModel() async throws -> String {
        let bytes = try await retrying {
            try await SilenceLimit.watching { silence in
                let response: HTTPClientResponse
                do {
                    response = try await send(request("/models"), silence)
                } catch let failure as ModelServerFailure {
                    // The servers that answer chats alone say so in these ways.
                    guard let status = failure.status, [404, 405, 501].contains(status) else { throw failure }
                    throw ModelServerFailure.noModels(status)
                }
                return try await collect(response.body, upTo: limits.lineBytes, silence)
            }
        }
        guard let list = LenientJSON.parse(bytes) else {
            let isPage = bytes.first { $0 > 0x20 } == UInt8(ascii: "<")
            throw ModelServerFailure.elsewhere(isPage ? "a web page" : "no list of models").failure
        }
        let models = list["data"]?.arrayValue ?? []
        guard let model = models.lazy.compactMap({ $0["id"]?.stringValue }).first, !model.utf8.isEmpty else {
            throw AppFailure(
                "the model server names no model; name one as model, or start the server with "
                    + "FERRY_SECRET_\(ModelServerSettings.modelName)")
        }
        return model
    }

    /// Asks for an answer.
    ///
    /// - Parameter grown: told what the answer grew by, once for each piece of the stream; the next is read when it
    ///   returns.
    /// - Throws: ``AppFailure``, `CancellationError`, upon which the request has ended.
    func complete(_ body: ByteBuffer, grown: @escaping @Sendable (LLMDelta) async -> Void) async throws -> LLMOutput {
        var request = request("/chat/completions")
        request.method = .POST
        request.headers.replaceOrAdd(name: "Content-Type", value: "application/json")
        request.headers.replaceOrAdd(name: "Accept", value: "text/event-stream, application/json")
        request.body = .bytes(body)
        let post = request
        return try await retrying {
            try await SilenceLimit.watching(atMost: limits.answerTime) { silence in
                let begin = ContinuousClock.now
                let response = try await send(post, silence)
                var stream = AnswerStream(server: self, silence: silence, begin: begin, grown: grown)
                return try await stream.read(response)
            }
        }
    }

    private func request(_ path: String) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: settings.base + path)
        request.headers = [
            "User-Agent": "ferry/\(FerryVersion.current)", "Accept": "application/json", "Accept-Encoding": "identity",
        ]
        if let key = settings.key { request.headers.add(name: "Authorization", value: "Bearer \(key)") }
        return request
    }

    /// The head of an answer that is a success.
    ///
    /// - Throws: ``ModelServerFailure``, `CancellationError`.
    private func send(_ request: HTTPClientRequest, _ silence: SilenceLimit) async throws -> HTTPClientResponse {
        let response: HTTPClientResponse
        do {
            response = try await Self.client.execute(
                request, deadline: .now() + TimeAmount(limits.firstByteTime) + TimeAmount(limits.connectTime))
        } catch {
            throw ModelServerFailure.translating(error)
        }
        guard (200..<300).contains(response.status.code) else {
            // What it says of the error is worth little, so a failure to read it is none.
            let body = try? await collect(response.body, upTo: limits.errorBytes, silence)
            try Task.checkCancellation()
            throw ModelServerFailure(
                status: Int(response.status.code), body: body ?? [], pause: Self.pause(response.headers),
                secret: settings.key, limits: limits)
        }
        return response
    }

    private func collect(
        _ body: HTTPClientResponse.Body, upTo limit: Int, _ silence: SilenceLimit
    ) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        silence.begin(limits.silenceTime)
        defer { silence.end() }
        for try await chunk in body {
            bytes.append(contentsOf: chunk.readableBytesView.prefix(limit - bytes.count))
            if bytes.count >= limit { break }
        }
        return bytes
    }

    /// Tries again what failed before an answer began and may go better after a pause.
    private func retrying<Value>(_ attempt: () async throws -> Value) async throws -> Value {
        var pause = limits.retryPause
        for _ in 0..<limits.retries {
            do {
                return try await attempt()
            } catch let failure as ModelServerFailure {
                let wanted = failure.pause ?? pause
                guard failure.isRetryable, wanted <= limits.longestPause else { throw failure.failure }
                try await Task.sleep(for: wanted)
                pause *= 2
            }
        }
        do {
            return try await attempt()
        } catch let failure as ModelServerFailure {
            throw failure.failure
        }
    }

    /// Seconds alone are understood; a date says little of a server whose clock nobody knows.
    private static func pause(_ headers: HTTPHeaders) -> Duration? {
        guard let seconds = headers.first(name: "Retry-After").flatMap(Double.init), seconds >= 0 else { return nil }
        return .seconds(min(seconds, 1e6))
    }
}
