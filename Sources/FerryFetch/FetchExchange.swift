// SPDX-License-Identifier: Apache-2.0

internal import AsyncHTTPClient
internal import FerryWire
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// One request to one address of those that were judged.
struct FetchExchange: Sendable {
    /// Most addresses of a name that are tried.
    private static let maximumTries = 3

    let url: ForeignURL
    let addresses: [IPAddress]
    let limits: FetchLimits

    func get(headers: [(String, String)]) async throws -> FetchAnswer {
        var request = HTTPClientRequest(url: url.text)
        request.headers = HTTPHeaders(headers)
        return try await send(request, within: limits.totalTime)
    }

    func post(headers: [(String, String)], body: [UInt8]) async throws -> Int {
        var request = HTTPClientRequest(url: url.text)
        request.method = .POST
        request.headers = HTTPHeaders(headers)
        request.body = .bytes(body)
        let answer = try await send(request, within: limits.postTime)
        var size = 0
        do {
            for try await chunk in answer.response.body {
                size += chunk.readableBytes
                if size > limits.maximumPostAnswer { break }
            }
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            // The status came, which is all that is wanted.
        }
        return answer.status
    }

    /// Sends a request to the first address that takes a connection.
    private func send(_ request: HTTPClientRequest, within time: Duration) async throws -> FetchAnswer {
        var request = request
        request.headers.replaceOrAdd(name: "User-Agent", value: "ferry/\(FerryVersion.current)")
        request.headers.replaceOrAdd(name: "Accept-Encoding", value: "identity")
        let deadline = NIODeadline.now() + TimeAmount(time)
        // IPv4 first: a machine without IPv6 refuses it at once or, worse, not at all.
        let ordered = addresses.filter { !$0.isIPv6 } + addresses.filter(\.isIPv6)
        var last: any Error = FetchError(.unreachable, "\(url) cannot be reached")
        for address in ordered.prefix(Self.maximumTries) {
            let client = PinnedClient(host: url.origin.host, address: address, limits: limits)
            do {
                return FetchAnswer(response: try await client.execute(request, deadline: deadline), client: client)
            } catch {
                last = FetchError.translating(error, url)
                guard let failure = last as? FetchError, failure.code == .unreachable else { throw last }
            }
        }
        throw last
    }
}

/// The head of an answer. Its body lives as long as this does.
struct FetchAnswer: Sendable {
    let response: HTTPClientResponse
    let client: PinnedClient

    var status: Int { Int(response.status.code) }

    func header(_ name: String) -> String? { response.headers.first(name: name) }

    /// Where the answer sends the caller; nil if it is no redirect.
    func redirection(from place: ForeignURL) throws -> ForeignURL? {
        guard [301, 302, 303, 307, 308].contains(status), let location = header("Location") else { return nil }
        do throws(ForeignURL.Refusal) {
            return try place.resolving(location)
        } catch {
            throw FetchError(.refused, "\(place) redirects to an address that \(error.reason)")
        }
    }
}

/// A client whose connections go to one address, whatever the name in a request means by then.
final class PinnedClient: Sendable {
    private let client: HTTPClient

    init(host: String, address: IPAddress, limits: FetchLimits) {
        var settings = HTTPClient.Configuration()
        settings.redirectConfiguration = .disallow
        settings.decompression = .disabled
        settings.httpVersion = .http1Only
        settings.dnsOverride = [host: address.description]
        settings.timeout = .init(connect: TimeAmount(limits.connectTime), read: TimeAmount(limits.idleTime))
        settings.connectionPool.retryConnectionEstablishment = false
        #if os(Linux)
        settings.http1_1ConnectionDebugInitializer = { channel in
            channel.eventLoop.makeCompletedFuture {
                // The default of 64 KiB costs downloads two thirds of their speed.
                let allocator = AdaptiveRecvByteBufferAllocator(minimum: 1 << 12, initial: 1 << 16, maximum: 1 << 20)
                try channel.syncOptions?.setOption(.recvAllocator, value: allocator)
            }
        }
        #endif
        client = HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: settings)
    }

    // A client must be shut down before it goes; nobody needs to wait for it.
    deinit { client.shutdown { _ in } }

    func execute(_ request: HTTPClientRequest, deadline: NIODeadline) async throws -> HTTPClientResponse {
        try await client.execute(request, deadline: deadline)
    }
}
