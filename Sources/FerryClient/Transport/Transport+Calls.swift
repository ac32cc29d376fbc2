// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import FerryWire
import NIOCore
import NIOHTTP1

extension Transport {
    /// Calls the API and gives what its answer holds, unwrapped; null for an empty answer.
    ///
    /// - Parameters:
    ///   - route: the route, for its method.
    ///   - path: its path, parameters filled in.
    ///   - body: the JSON to send; nil for an empty body.
    ///   - safety: whether it may be sent again; by default what the method says.
    ///   - isAuthorized: whether the key is sent.
    ///   - grace: how long a cancelled call waits on for its answer, for calls that make something which the caller
    ///     then has to undo; nil to give up at once. A call that gets its answer within that time does not throw.
    func call(
        _ route: RouteTemplate, _ path: String, body: JSONValue? = nil, safety: RetrySafety? = nil,
        isAuthorized: Bool = true, grace: Duration? = nil
    ) async throws -> JSONValue {
        let safety = safety ?? (route.method == "POST" ? .onlyIfUnsent : .repeatable)
        let bytes = body?.serialized()
        return try await retrier.run(safety: safety) { _ in
            try await calls.pass {
                try Task.checkCancellation()
                let exchange = { @Sendable in
                    try await withDeadline(self.configuration.timeouts.call, expired: self.callExpired()) {
                        try await self.callOnce(route.method, path, body: bytes, isAuthorized: isAuthorized)
                    }
                }
                guard let grace else { return try await exchange() }
                return try await settled(within: grace, exchange).get()
            }
        }
    }

    private func callExpired() -> FerryError {
        FerryError(
            .timeout, "\(base.host) did not complete its answer within \(configuration.timeouts.call)",
            isRetryable: true)
    }

    private func callOnce(
        _ method: String, _ path: String, body: [UInt8]?, isAuthorized: Bool
    ) async throws -> JSONValue {
        let address = base.appending(path: path)
        var request = Request(method: HTTPMethod(rawValue: method), address: address, isAuthorized: isAuthorized)
        request.headers.add(name: "Accept", value: "application/json")
        request.headers.add(name: "Accept-Encoding", value: "identity")
        if method == "POST" || body != nil { request.headers.add(name: "Content-Type", value: "application/json") }
        if let body { request.body = .bytes(ByteBuffer(bytes: body)) }
        let response = try await send(request)
        guard (200..<300).contains(response.status.code) else {
            let failure = await failure(response, from: address)
            try Task.checkCancellation()
            throw failure
        }
        let bytes = try await collect(response, from: address, upTo: configuration.limits.maximumAnswerSize)
        guard bytes.contains(where: { $0 > 0x20 }) else { return .null }
        do {
            let limits = JSONLimits(maximumBytes: configuration.limits.maximumAnswerSize)
            return Envelope.unwrap(try JSONValue(parsing: bytes, limits: limits))
        } catch {
            throw FerryError.unexpectedAnswer("\(error)", underlying: error)
        }
    }

    /// Calls the API and reads its answer as a value.
    func call<Answer: JSONConvertible>(
        _ route: RouteTemplate, _ path: String, body: JSONValue? = nil, safety: RetrySafety? = nil,
        as type: Answer.Type = Answer.self
    ) async throws -> Answer {
        try decode(try await call(route, path, body: body, safety: safety))
    }

    /// Reads an answer as a value.
    func decode<Answer: JSONConvertible>(_ json: JSONValue, as type: Answer.Type = Answer.self) throws -> Answer {
        do {
            return try Answer(json: json)
        } catch {
            throw FerryError.unexpectedAnswer("\(error)", underlying: error)
        }
    }
}
