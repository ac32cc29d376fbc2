// SPDX-License-Identifier: Apache-2.0

package import Hummingbird
internal import NIOCore
internal import NIOHTTPTypes

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

    /// Sends bytes of an answer's body, behind everything written before.
    ///
    /// The future succeeds when the socket has taken them, so that a client that does not read costs no more than what
    /// it was sent last.
    func send(_ bytes: ByteBuffer) -> EventLoopFuture<Void> { channel.writeAndFlush(HTTPResponsePart.body(bytes)) }

    /// Ends the connection at once, whatever is still to be sent.
    func abandon() { channel.close(promise: nil) }

    /// Has the body read, and tells a client that waits for it to send the body. Before, none of it is read.
    func wantBody() async throws {
        try await channel.triggerUserOutboundEvent(BodyRequest()).get()
    }
}
