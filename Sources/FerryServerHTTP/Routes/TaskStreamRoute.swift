// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import FerryWire
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import ServiceLifecycle

/// A task's changes as they come: NDJSON, or server-sent events for those who ask for them.
enum TaskStreamRoute {
    static func stream(_ exchange: Exchange) async throws -> Response {
        let principal = try await exchange.principal()
        let presenter = try exchange.taskPresenter()
        let tasks = exchange.services.tasks
        let id = try exchange.parameter("id")
        // Whatever is wrong is told by a status, before the stream begins.
        let task = try await tasks.task(id: id, for: principal)
        let isEvents = exchange.request.headers[.accept]?.lowercased().contains("text/event-stream") ?? false
        // Each line is one chunk, and each chunk is flushed.
        // A server that shuts down ends its streams; clients come back to the next one.
        let lines = tasks.updates(of: task).cancelOnGracefulShutdown().map { update in
            let line: TaskStreamLine =
                switch update {
                case .snapshot(let task): presenter.streamLine(task)
                case .heartbeat: .heartbeat
                }
            return ByteBuffer(bytes: isEvents ? line.serverSentEvent : line.ndjson)
        }
        // No charset: some clients would then split lines at more than LF.
        return Response(
            status: .ok,
            headers: [
                .contentType: isEvents ? "text/event-stream" : "application/x-ndjson", .cacheControl: "no-store",
            ], body: ResponseBody(asyncSequence: lines))
    }
}
