// SPDX-License-Identifier: Apache-2.0

/// A route of the API, built into addresses by the client and mounted by the server, so that the two cannot drift.
public struct RouteTemplate: Sendable, Hashable {
    /// HTTP method, upper-case.
    public let method: String
    /// Path segments after the base address; those in braces are parameters.
    public let segments: [String]

    /// A route such as `("GET", "/files/{id}")`.
    public init(_ method: String, _ path: String) {
        self.method = method
        segments = path.split(separator: "/").map(String.init)
    }

    /// The path with its parameters in braces.
    public var template: String { "/" + segments.joined(separator: "/") }

    /// The path with these values, percent-encoded, in place of the parameters, in order.
    public func path(_ values: String...) -> String {
        var rest = values[...]
        let filled = segments.map { segment in
            segment.utf8.first == UInt8(ascii: "{") ? PercentEncoding.encode(rest.popFirst() ?? "") : segment
        }
        return "/" + filled.joined(separator: "/")
    }
}

/// Every route.
public enum Routes {
    public static let health = RouteTemplate("GET", "/health")

    public static let createFiles = RouteTemplate("POST", "/files")
    public static let listFiles = RouteTemplate("POST", "/files/list")
    public static let queryFiles = RouteTemplate("GET", "/files")
    public static let getFile = RouteTemplate("GET", "/files/{id}")
    public static let deleteFile = RouteTemplate("DELETE", "/files/{id}")
    public static let updateFile = RouteTemplate("PATCH", "/files/{id}")
    public static let setFileVisibility = RouteTemplate("POST", "/files/{id}/visibility")
    public static let createFileLink = RouteTemplate("POST", "/files/{id}/link")
    public static let upload = RouteTemplate("PUT", "/uploads/{id}")
    public static let content = RouteTemplate("GET", "/content/{id}/{name}")

    public static let run = RouteTemplate("POST", "/apps/run")
    public static let runAlias = RouteTemplate("POST", "/run")
    public static let listTasks = RouteTemplate("POST", "/tasks/list")
    public static let getTask = RouteTemplate("GET", "/tasks/{id}")
    public static let taskStatus = RouteTemplate("GET", "/tasks/{id}/status")
    public static let taskStream = RouteTemplate("GET", "/tasks/{id}/stream")
    public static let taskLogs = RouteTemplate("GET", "/tasks/{id}/logs")
    public static let taskTimings = RouteTemplate("GET", "/tasks/{id}/timings")
    public static let taskFiles = RouteTemplate("GET", "/tasks/{id}/files")
    public static let deleteTaskFiles = RouteTemplate("DELETE", "/tasks/{id}/files")
    public static let cancelTask = RouteTemplate("POST", "/tasks/{id}/cancel")
    public static let deleteTask = RouteTemplate("DELETE", "/tasks/{id}")

    public static let listSessions = RouteTemplate("GET", "/sessions")
    public static let getSession = RouteTemplate("GET", "/sessions/{id}")
    public static let keepSessionAlive = RouteTemplate("POST", "/sessions/{id}/keepalive")
    public static let endSession = RouteTemplate("DELETE", "/sessions/{id}")

    public static let listApps = RouteTemplate("POST", "/apps/list")
    public static let getApp = RouteTemplate("GET", "/apps/{namespace}/{name}")
    /// A bare name, which resolves when it is unambiguous. A router wants one name for one position.
    public static let getAppByName = RouteTemplate("GET", "/apps/{namespace}")
    public static let deployApp = RouteTemplate("POST", "/apps")

    public static let runAgent = RouteTemplate("POST", "/agents/run")
    public static let runAgentAliases = ["/agents/message", "/agents/messages"].map { RouteTemplate("POST", $0) }
    public static let listAgents = RouteTemplate("POST", "/agents/list")
    public static let getAgent = RouteTemplate("GET", "/agents/{namespace}/{name}")
    public static let getAgentByName = RouteTemplate("GET", "/agents/{namespace}")

    public static let createChat = RouteTemplate("POST", "/chats")
    public static let listChats = RouteTemplate("POST", "/chats/list")
    public static let getChat = RouteTemplate("GET", "/chats/{id}")
    public static let updateChat = RouteTemplate("POST", "/chats/{id}")
    public static let deleteChat = RouteTemplate("DELETE", "/chats/{id}")
    public static let chatStatus = RouteTemplate("GET", "/chats/{id}/status")
    public static let chatMessages = RouteTemplate("GET", "/chats/{id}/messages")
    public static let addChatMessage = RouteTemplate("POST", "/chats/{id}/messages")
    public static let stopChat = RouteTemplate("POST", "/chats/{id}/stop")
    public static let chatStream = RouteTemplate("GET", "/chats/{id}/stream")
    public static let chatTrace = RouteTemplate("GET", "/chats/{id}/trace")

    public static let submitToolResult = RouteTemplate("POST", "/tools/{id}")
    public static let approveTool = RouteTemplate("POST", "/tools/{id}/invoke")
    public static let rejectTool = RouteTemplate("POST", "/tools/{id}/reject")

    public static let createKey = RouteTemplate("POST", "/keys")
    public static let listKeys = RouteTemplate("GET", "/keys")
    public static let revokeKey = RouteTemplate("DELETE", "/keys/{id}")
    public static let webhookSecret = RouteTemplate("GET", "/webhooks/secret")
    public static let rotateKey = RouteTemplate("POST", "/keys/{id}/rotate")
}
