// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import FerryWire
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import ServiceLifecycle

/// What happens in a chat as it comes: NDJSON, or server-sent events for those who ask for them.
enum ChatStreamRoute {
    static func stream(_ exchange: Exchange) async throws -> Response {
        let principal = try await exchange.principal()
        let presenter = try exchange.chatPresenter()
        let chats = exchange.services.chats
        // Whatever is wrong is told by a status, before the stream begins.
        let chat = try await chats.chat(id: exchange.parameter("id"), for: principal)
        return response(exchange, chats.updates(of: chat, presenter: presenter))
    }

    /// - Parameter withBareMessages: whether lines of messages are the messages themselves, as they are in the answer to
    ///   a message. Server-sent events have names in any case.
    static func response(_ exchange: Exchange, _ updates: ChatUpdates, withBareMessages: Bool = false) -> Response {
        let accepted = exchange.request.headers[.accept]?.lowercased() ?? ""
        let isNDJSON = accepted.contains("application/x-ndjson")
        let isEvents = withBareMessages ? !isNDJSON : accepted.contains("text/event-stream")
        // Each line is one chunk, and each chunk is flushed. The writer waits for a client that does not read.
        // A server that shuts down ends its streams; clients come back to the next one.
        let body = ResponseBody { writer in
            try await withGracefulShutdownHandler {
                for try await line in updates {
                    try await writer.write(ByteBuffer(bytes: bytes(of: line, isEvents, withBareMessages)))
                }
                try await writer.finish(nil)
            } onGracefulShutdown: {
                updates.end()
            }
        }
        // No charset: some clients would then split lines at more than LF.
        return Response(
            status: .ok,
            headers: [
                .contentType: isEvents ? "text/event-stream" : "application/x-ndjson", .cacheControl: "no-store",
            ], body: body)
    }

    private static func bytes(of line: ChatStreamLine, _ isEvents: Bool, _ withBareMessages: Bool) -> [UInt8] {
        if isEvents { return line.serverSentEvent }
        if withBareMessages, case .message(let message) = line { return ChatStreamLine.other(message.json).ndjson }
        return line.ndjson
    }
}
