// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import FerryWire
internal import HTTPTypes
internal import Hummingbird

/// Every route and what answers it, on one screen.
enum RouteTable {
    typealias Action = @Sendable (Exchange) async throws -> Response

    static let actions: [(RouteTemplate, Action)] = [
        (Routes.health, HealthRoute.health),

        (Routes.createFiles, FileRoutes.create),
        (Routes.listFiles, FileRoutes.list),
        (Routes.queryFiles, FileRoutes.query),
        (Routes.getFile, FileRoutes.get),
        (Routes.deleteFile, FileRoutes.delete),
        (Routes.updateFile, FileRoutes.update),
        (Routes.setFileVisibility, FileRoutes.setVisibility),
        (Routes.createFileLink, FileRoutes.link),
        (Routes.upload, UploadRoute.put),
        (Routes.content, ContentRoute.get),
        (RouteTemplate("HEAD", Routes.content.template), ContentRoute.get),

        (Routes.run, TaskRoutes.run),
        (Routes.runAlias, TaskRoutes.run),
        (Routes.listTasks, TaskRoutes.list),
        (Routes.getTask, TaskRoutes.get),
        (Routes.taskStatus, TaskRoutes.status),
        (Routes.taskStream, TaskStreamRoute.stream),
        (Routes.taskLogs, TaskRoutes.logs),
        (Routes.taskTimings, TaskRoutes.timings),
        (Routes.taskFiles, TaskFileRoutes.list),
        (Routes.deleteTaskFiles, TaskFileRoutes.delete),
        (Routes.cancelTask, TaskRoutes.cancel),
        (Routes.deleteTask, TaskRoutes.delete),

        (Routes.listApps, AppRoutes.list),
        (Routes.getApp, AppRoutes.get),
        (Routes.getAppByName, AppRoutes.getByName),
        (Routes.deployApp, AppRoutes.deploy),

        (Routes.listSessions, SessionRoutes.list),
        (Routes.getSession, SessionRoutes.get),
        (Routes.keepSessionAlive, SessionRoutes.keepAlive),
        (Routes.endSession, SessionRoutes.end),

        (Routes.runAgent, AgentRoutes.run),
        (Routes.runAgentAliases[0], AgentRoutes.run),
        (Routes.runAgentAliases[1], AgentRoutes.run),
        (Routes.listAgents, AgentRoutes.list),
        (Routes.getAgent, AgentRoutes.get),
        (Routes.getAgentByName, AgentRoutes.getByName),

        (Routes.createChat, ChatRoutes.create),
        (Routes.listChats, ChatRoutes.list),
        (Routes.getChat, ChatRoutes.get),
        (Routes.updateChat, ChatRoutes.update),
        (Routes.deleteChat, ChatRoutes.delete),
        (Routes.chatStatus, ChatRoutes.status),
        (Routes.chatMessages, ChatRoutes.messages),
        (Routes.addChatMessage, ChatRoutes.post),
        (Routes.stopChat, ChatRoutes.stop),
        (Routes.chatStream, ChatStreamRoute.stream),
        (Routes.chatTrace, ChatRoutes.trace),

        (Routes.submitToolResult, ToolRoutes.submit),
        (Routes.approveTool, ToolRoutes.decide),
        (Routes.rejectTool, ToolRoutes.decide),

        (Routes.createKey, KeyRoutes.create),
        (Routes.listKeys, KeyRoutes.list),
        (Routes.revokeKey, KeyRoutes.revoke),
        (Routes.rotateKey, KeyRoutes.rotate),
        (Routes.webhookSecret, TaskRoutes.webhookSecret),
    ]

    /// A router of all routes, each also under `/v1`.
    static func router(_ server: ServerState) -> Router<FerryRequestContext> {
        let router = Router(context: FerryRequestContext.self)
        router.add(middleware: ErrorMiddleware(server: server))
        for (template, action) in actions {
            guard let method = HTTPRequest.Method(rawValue: template.method) else { continue }
            let path = template.segments.map {
                $0.utf8.first == UInt8(ascii: "{") ? ":\($0.dropFirst().dropLast())" : $0
            }
            for prefix in [[], ["v1"]] {
                router.on(RouterPath((prefix + path).joined(separator: "/")), method: method) { request, context in
                    try await action(Exchange(request: request, context: context, server: server))
                }
            }
        }
        return router
    }

    /// The methods that a path takes, of these segments without `/v1`; of several templates the most literal counts.
    static func methods(of parts: [String]) -> [String] {
        let matching = actions.map(\.0).filter { $0.matches(parts) }
        let fewest = matching.map(\.parameterCount).min()
        return matching.filter { $0.parameterCount == fewest }.map(\.method).sorted()
    }
}

/// Turns every error into its answer, and counts requests under way until their answers are written.
struct ErrorMiddleware: RouterMiddleware {
    typealias Context = FerryRequestContext
    let server: ServerState

    func handle(
        _ request: Request, context: FerryRequestContext,
        next: @concurrent (Request, FerryRequestContext) async throws -> Response
    ) async throws -> Response {
        let mark = server.activity.begin()
        var response: Response
        do {
            _ = try BaseAddress.host(of: request.head)
            response = try await next(request, context)
        } catch let error as BaseAddress.NoHost {
            // Two readers could disagree on what such a connection carries.
            response = ProblemResponse.make(for: error, logger: context.logger)
            response.headers[.connection] = "close"
        } catch {
            response = ProblemResponse.make(for: refine(error, request), logger: context.logger)
            // Nothing behind a refused upload is executed: it may have been meant as the upload's bytes.
            if request.method == .put { response.headers[.connection] = "close" }
        }
        // A problem has a body of its own, which an answer to HEAD must not have.
        let body = request.method == .head ? ResponseBody() : response.body
        let length = response.headers[.contentLength]
        response.body = ResponseBody(contentLength: body.contentLength) { writer in
            try await body.write(writer)
            withExtendedLifetime(mark) {}
        }
        // Answers to HEAD have no body but the length of one.
        response.headers[.contentLength] = length
        return response
    }

    /// A path that is there for other methods is no missing route.
    private func refine(_ error: any Error, _ request: Request) -> any Error {
        guard let error = error as? any HTTPResponseError, error.status == .notFound else { return error }
        var parts = request.uri.path.split(separator: "/").map(String.init)
        if parts.first == "v1" { parts.removeFirst() }
        let methods = RouteTable.methods(of: parts)
        return methods.isEmpty ? error : MethodNotAllowed(allowed: methods)
    }
}

extension RouteTemplate {
    /// Whether a path of these segments is one of this route's.
    fileprivate func matches(_ parts: [String]) -> Bool {
        parts.count == segments.count
            && zip(parts, segments).allSatisfy { $1.utf8.first == UInt8(ascii: "{") || $0 == $1 }
    }

    fileprivate var parameterCount: Int { segments.count { $0.utf8.first == UInt8(ascii: "{") } }
}
