// SPDX-License-Identifier: Apache-2.0

package import FerryServerCore
internal import Hummingbird
internal import HummingbirdCore
package import Logging
internal import NIOCore
internal import NIOPosix
internal import ServiceLifecycle

/// The server's HTTP side: accepts connections and answers requests until a graceful shutdown.
package struct FerryHTTPServer: Service {
    /// How the server meets the world.
    package struct Configuration: Sendable {
        /// Address to listen on.
        package var host: String
        /// Port to listen on; 0 for any free one.
        package var port: Int
        /// What absolute addresses begin with; nil for the request's own host.
        package var publicURL: String?
        /// What one connection may cost.
        package var limits = ConnectionLimits()

        package init(host: String, port: Int, publicURL: String? = nil) {
            self.host = host
            self.port = port
            self.publicURL = publicURL
        }
    }

    private let configuration: Configuration
    private let state: ServerState
    private let logger: Logger
    private let onListening: @Sendable (Int) async -> Void

    /// A server of these services.
    ///
    /// - Parameter onListening: told the port once connections are accepted.
    package init(
        configuration: Configuration, services: ServerServices, activity: ActivityMonitor, logger: Logger,
        onListening: @escaping @Sendable (Int) async -> Void
    ) {
        self.configuration = configuration
        state = ServerState(services: services, publicURL: configuration.publicURL, activity: activity)
        self.logger = logger
        self.onListening = onListening
    }

    package func run() async throws {
        let onListening = self.onListening
        // The framework's own words are for those who debug it.
        let (limits, connections) = (configuration.limits, ConnectionCount(limits: configuration.limits))
        var logger = self.logger
        if logger.logLevel == .info { logger.logLevel = .notice }
        let application = Application(
            router: RouteTable.router(state),
            server: HTTPServerBuilder { responder in
                FerryChildChannel(responder: responder, count: connections, limits: limits)
            },
            configuration: .init(
                address: .hostname(configuration.host, port: configuration.port), serverName: "ferry"),
            onServerRunning: { [logger = self.logger] channel in
                let backoff = channel.eventLoop.submit {
                    try channel.pipeline.syncOperations.addHandler(
                        AcceptBackoffHandler(logger: logger), position: .first)
                }
                // Fails only on a listener that is closed already.
                _ = try? await backoff.get()
                await onListening(channel.localAddress?.port ?? 0)
            },
            logger: logger)
        try await application.run()
    }
}

extension FerryHTTPServer: CustomStringConvertible {
    /// Short: service groups log their services, and nothing inside belongs in a log.
    package var description: String { "HTTP server" }
}
