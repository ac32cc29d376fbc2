// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import FerryWire
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix

/// Sends requests, one try each, and knows where the API key may go.
final class Transport: Sendable {
    /// What this client calls itself.
    static let userAgent = "ferry/0.1"

    let configuration: FerryConfiguration
    let base: WebAddress
    let retrier: Retrier
    /// Limits API calls under way.
    let calls: Gate
    /// Limits transfers under way.
    let transfers: Gate
    /// Where files are read and written.
    let threads = NIOThreadPool.singleton
    /// What is known of the apps' input schemas.
    let schemas = SchemaCache()
    private let clients: ClientPool

    /// A transport for this configuration.
    ///
    /// - Throws: ``FerryError`` (`invalidInput`) for a base address, key or certificate file that cannot be used.
    init(_ configuration: FerryConfiguration) throws {
        guard let base = WebAddress(configuration.baseURL), base.query == nil else {
            throw FerryError(
                .invalidInput,
                "the base address must be an http or https address without user name and query, such as "
                    + FerryConfiguration.defaultBaseURL)
        }
        if let key = configuration.apiKey, !key.isUsable {
            throw FerryError(
                .invalidInput, "the API key is empty or holds characters that no key has; copy it again")
        }
        self.configuration = configuration
        self.base = base
        retrier = Retrier(configuration)
        calls = Gate(width: configuration.limits.maximumConcurrentCalls)
        transfers = Gate(width: configuration.limits.maximumConcurrentTransfers)
        clients = try ClientPool(configuration)
    }

    /// A request to be sent.
    struct Request: Sendable {
        var method: HTTPMethod
        var address: WebAddress
        var headers: HTTPHeaders = [:]
        var body: HTTPClientRequest.Body?
        /// Whether to send the key, which happens only to the origin of the base address.
        var isAuthorized = false
    }

    /// Sends a request once and gives the answer's head, whatever its status; the body follows when it is read.
    ///
    /// - Throws: ``FerryError`` and `CancellationError`.
    func send(_ request: Request) async throws -> HTTPClientResponse {
        var outgoing = HTTPClientRequest(url: request.address.text)
        outgoing.method = request.method
        outgoing.headers = request.headers
        outgoing.headers.replaceOrAdd(name: "User-Agent", value: Self.userAgent)
        if !outgoing.headers.contains(name: "Accept") { outgoing.headers.add(name: "Accept", value: "*/*") }
        if request.isAuthorized, let key = configuration.apiKey, request.address.origin == base.origin {
            outgoing.headers.replaceOrAdd(name: "Authorization", value: "Bearer \(key.secret)")
        }
        outgoing.body = request.body
        let client = clients.client(through: configuration.proxies.endpoint(for: request.address))
        do {
            return try await client.execute(outgoing, deadline: .distantFuture)
        } catch {
            try Task.checkCancellation()
            throw FerryError.transport(error, to: request.address)
        }
    }

    /// Reads a body whole. Nothing is ever decompressed: a compressed body, which was not asked for, could hold any
    /// multiple of its size.
    ///
    /// - Throws: ``FerryError`` (`limitExceeded` beyond the limit and for a compressed body) and `CancellationError`.
    func collect(
        _ response: HTTPClientResponse, from address: WebAddress, upTo maximumSize: Int
    ) async throws -> [UInt8] {
        if let coding = response.headers.first(name: "content-encoding"), coding.lowercased() != "identity" {
            throw FerryError(
                .limitExceeded,
                "\(address.authority) sent a compressed answer that was not asked for; the decompression limit of this "
                    + "client is none at all, so check what stands between it and the server")
        }
        do {
            var buffer = try await response.body.collect(upTo: maximumSize)
            return buffer.readBytes(length: buffer.readableBytes) ?? []
        } catch {
            try Task.checkCancellation()
            throw FerryError.transport(error, to: address)
        }
    }

    /// The failure that an answer outside 2xx tells of, its body read as far as it is of use.
    func failure(_ response: HTTPClientResponse, from address: WebAddress) async -> FerryError {
        let body = try? await collect(response, from: address, upTo: Self.maximumErrorSize)
        return FerryError.response(
            status: Int(response.status.code), body: body ?? [],
            retryAfter: RetryAfter.hint(in: response.headers, now: configuration.now()))
    }

    /// Most bytes of an error's body that are read.
    private static let maximumErrorSize = 1 << 20

    /// Closes every connection.
    func shutdown() async throws { try await clients.shutdown() }
}
