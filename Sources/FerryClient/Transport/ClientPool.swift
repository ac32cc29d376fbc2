// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// The HTTP clients of one ``Ferry``: one for direct connections and one for each proxy.
///
/// An `HTTPClient` must be shut down before it is released. If the user never does, this type does so when the last
/// ``Ferry`` that shares it goes away; the clients keep themselves alive until they are done.
final class ClientPool: Sendable {
    /// Connections to one host that are kept for reuse; calls and transfers are limited before they get here, streams
    /// of updates are as many as the user has open.
    private static let connectionsPerHost = 4096
    /// How long an idle connection is kept: shorter than servers usually do, so that a request rarely meets one that
    /// is just being closed.
    private static let idleConnectionTime = TimeAmount.seconds(20)

    private let direct: HTTPClient
    private let proxied: [ProxySettings.Endpoint: HTTPClient]
    private let isShutDown = Mutex(false)

    /// Clients for this configuration; no connection is made yet.
    ///
    /// - Throws: ``FerryError`` for a file of certificate authorities that cannot be read.
    init(_ configuration: FerryConfiguration) throws {
        var settings = HTTPClient.Configuration()
        settings.tlsConfiguration = try Self.trust(configuration)
        settings.redirectConfiguration = .disallow
        settings.timeout = .init(connect: TimeAmount(configuration.timeouts.connect))
        settings.connectionPool = .init(
            idleTimeout: Self.idleConnectionTime, concurrentHTTP1ConnectionsPerHostSoftLimit: Self.connectionsPerHost)
        settings.connectionPool.retryConnectionEstablishment = false
        settings.decompression = .disabled
        settings.httpVersion = .http1Only
        let idle = TimeAmount(configuration.timeouts.idle)
        let chunkSize = configuration.limits.chunkSize
        settings.http1_1ConnectionDebugInitializer = { channel in
            Self.prepare(channel, idle: idle, chunkSize: chunkSize)
        }
        direct = HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: settings)
        let endpoints = Set([configuration.proxies.http, configuration.proxies.https].compactMap { $0 })
        proxied = Dictionary(
            uniqueKeysWithValues: endpoints.map { endpoint in
                var settings = settings
                settings.proxy = endpoint.clientProxy
                return (endpoint, HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: settings))
            })
    }

    deinit {
        guard !isShutDown.withLock({ $0 }) else { return }
        for client in all { client.shutdown { _ in } }
    }

    private var all: [HTTPClient] { [direct] + proxied.values }

    /// The client for connections through that proxy, or for direct ones.
    func client(through endpoint: ProxySettings.Endpoint?) -> HTTPClient {
        endpoint.flatMap { proxied[$0] } ?? direct
    }

    /// Closes every connection; requests under way fail. The second time does nothing.
    func shutdown() async throws {
        let isFirst = isShutDown.withLock { done in
            defer { done = true }
            return !done
        }
        guard isFirst else { return }
        for client in all { try await client.shutdown() }
    }

    private static func prepare(_ channel: any Channel, idle: TimeAmount, chunkSize: Int) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPResponseDecoder>.self)
            try pipeline.addHandler(StallHandler(limit: idle), position: .after(decoder))
            #if os(Linux)
            // The default of 64 KiB costs downloads two thirds of their speed.
            let maximum = max(chunkSize, 1 << 16)
            let allocator = AdaptiveRecvByteBufferAllocator(minimum: 1 << 12, initial: 1 << 16, maximum: maximum)
            try channel.syncOptions?.setOption(.recvAllocator, value: allocator)
            #endif
        }
    }

    private static func trust(_ configuration: FerryConfiguration) throws -> TLSConfiguration {
        var settings = TLSConfiguration.makeClientConfiguration()
        settings.minimumTLSVersion = .tlsv12
        if let file = configuration.systemCAFile {
            settings.trustRoots = .certificates(try certificates(in: file, named: "SSL_CERT_FILE"))
        }
        if let file = configuration.caFile {
            settings.additionalTrustRoots = [.certificates(try certificates(in: file, named: "caFile"))]
        }
        return settings
    }

    private static func certificates(in file: String, named name: String) throws -> [NIOSSLCertificate] {
        do {
            return try NIOSSLCertificate.fromPEMFile(file)
        } catch {
            throw FerryError(
                .invalidInput, "\(name) \(file) is no readable PEM file of certificates; correct or unset it",
                underlying: error)
        }
    }
}

extension ProxySettings.Endpoint {
    fileprivate var clientProxy: HTTPClient.Configuration.Proxy {
        switch kind {
        case .socks5: .socksServer(host: host, port: port)
        case .http:
            .server(
                host: host, port: port,
                authorization: username.map { .basic(username: $0, password: password ?? "") })
        }
    }
}
