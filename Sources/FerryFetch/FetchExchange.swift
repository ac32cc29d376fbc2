// SPDX-License-Identifier: Apache-2.0

internal import AsyncHTTPClient
internal import FerryWire
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

/// One request to one address of those that were judged.
struct FetchExchange: Sendable {
    /// Most addresses of a name that are tried.
    private static let maximumTries = 3

    let url: ForeignURL
    let addresses: [IPAddress]
    let policy: FetchPolicy

    private var limits: FetchLimits { policy.limits }

    /// - Parameter time: what is left for the whole.
    func get(headers: [(String, String)], within time: Duration) async throws -> FetchAnswer {
        var request = HTTPClientRequest(url: url.text)
        request.headers = HTTPHeaders(headers)
        return try await send(request, within: time, each: limits.connectTime + limits.idleTime)
    }

    /// The status, as soon as it is there. What may follow it is not waited for: the connection is closed.
    func post(headers: [(String, String)], body: [UInt8]) async throws -> Int {
        var request = HTTPClientRequest(url: url.text)
        request.method = .POST
        request.headers = HTTPHeaders(headers)
        request.body = .bytes(body)
        return try await send(request, within: limits.postTime, each: limits.postTime).status
    }

    /// Sends a request to the first address that takes a connection, and gives the head of the answer.
    ///
    /// - Parameters:
    ///   - time: how long all tries may take.
    ///   - each: how long one of them may take.
    private func send(
        _ request: HTTPClientRequest, within time: Duration, each: Duration
    ) async throws -> FetchAnswer {
        var request = request
        request.headers.replaceOrAdd(name: "User-Agent", value: "ferry/\(FerryVersion.current)")
        request.headers.replaceOrAdd(name: "Accept-Encoding", value: "identity")
        let deadline = NIODeadline.now() + TimeAmount(time)
        // IPv4 first: a machine without IPv6 refuses it at once or, worse, not at all.
        let ordered = addresses.filter { !$0.isIPv6 } + addresses.filter(\.isIPv6)
        var last: any Error = FetchError(.unreachable, "\(url) cannot be reached")
        for address in ordered.prefix(Self.maximumTries) {
            let client = PinnedClient(host: url.origin.host, address: address, policy: policy)
            let until = min(deadline, NIODeadline.now() + TimeAmount(each))
            do {
                return FetchAnswer(response: try await client.execute(request, deadline: until), client: client)
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

    /// Whether the body is the file itself: nobody here inflates anything.
    var isPlain: Bool {
        let names = ["Content-Encoding": ["identity"], "Transfer-Encoding": ["identity", "chunked"]]
        return names.allSatisfy { name, plain in
            response.headers[canonicalForm: name].allSatisfy { plain.contains($0.lowercased()) }
        }
    }

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

    init(host: String, address: IPAddress, policy: FetchPolicy) {
        var settings = HTTPClient.Configuration()
        settings.redirectConfiguration = .disallow
        settings.decompression = .disabled
        settings.httpVersion = .http1Only
        settings.dnsOverride = [host: address.description]
        // No read timeout: it would run on while a slow reader keeps the connection from being read.
        settings.timeout = .init(connect: TimeAmount(policy.limits.connectTime))
        if !policy.extraAuthorities.isEmpty {
            var security = TLSConfiguration.makeClientConfiguration()
            security.additionalTrustRoots = policy.extraAuthorities.map { .file($0) }
            settings.tlsConfiguration = security
        }
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
    deinit { end() }

    /// Closes the connection; who waits for something gets an error.
    func end() { client.shutdown { _ in } }

    func execute(_ request: HTTPClientRequest, deadline: NIODeadline) async throws -> HTTPClientResponse {
        try await client.execute(request, deadline: deadline)
    }
}
