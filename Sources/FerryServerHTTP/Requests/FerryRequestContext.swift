// SPDX-License-Identifier: Apache-2.0

package import Hummingbird
internal import NIOCore

/// What a request brings along beside itself.
package struct FerryRequestContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    private let channel: any Channel

    package init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }

    /// Whether the connection is known to have brought the request's end.
    func boundary() async throws -> RequestBoundary {
        try await channel.pipeline.handler(type: RequestBoundaryHandler.self).map(\.boundary).get()
    }

    /// Tells a client that waits for it to send the body.
    func sendContinue() async throws {
        try await channel.triggerUserOutboundEvent(ContinueRequest()).get()
    }
}
