// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import FerryWire
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore

/// The path is there, but not for that method.
struct MethodNotAllowed: Error {
    /// The methods it takes.
    let allowed: [String]
}

/// Errors as answers: the only place that knows which status a code has.
enum ProblemResponse {
    private static let table: [ServerError.Code: (HTTPResponse.Status, String)] = [
        .invalidRequest: (.badRequest, "Invalid request"),
        .validation: (.unprocessableContent, "Validation failed"),
        .unauthorized: (.unauthorized, "Unauthorized"),
        .forbidden: (.forbidden, "Forbidden"),
        .insufficientScope: (.forbidden, "Insufficient scope"),
        .requiresSignIn: (.forbidden, "Sign-in required"),
        .notFound: (.notFound, "Not found"),
        .fileNotFound: (.unprocessableContent, "File not found"),
        .methodNotAllowed: (.methodNotAllowed, "Method not allowed"),
        .conflict: (.conflict, "Conflict"),
        .invalidTransition: (.conflict, "Invalid transition"),
        .signatureInvalid: (.forbidden, "Invalid signature"),
        .urlExpired: (.forbidden, "Link expired"),
        .payloadTooLarge: (.contentTooLarge, "Payload too large"),
        .incompleteBody: (.badRequest, "Incomplete body"),
        .sizeMismatch: (.badRequest, "Size mismatch"),
        .digestMismatch: (.badRequest, "Digest mismatch"),
        .unsupportedMediaType: (.unsupportedMediaType, "Unsupported media type"),
        .headersTooLarge: (.requestHeaderFieldsTooLarge, "Headers too large"),
        .tooSlow: (.requestTimeout, "Too slow"),
        .storageFull: (.init(code: 507, reasonPhrase: "Insufficient Storage"), "Storage full"),
        .taskFailed: (.unprocessableContent, "Task failed"),
        .taskCancelled: (.unprocessableContent, "Task cancelled"),
        .sessionNotFound: (.notFound, "Session not found"),
        .sessionExpired: (.gone, "Session expired"),
        .sessionEnded: (.gone, "Session ended"),
        .workerLost: (.gone, "Worker lost"),
        .workerLeased: (.conflict, "Worker leased"),
        .appMismatch: (.conflict, "App mismatch"),
        .versionMismatch: (.conflict, "Version mismatch"),
        .unavailable: (.serviceUnavailable, "Unavailable"),
        .internalError: (.internalServerError, "Internal error"),
    ]

    /// The answer to an error. What is not known is a 500 without a word of what it was; the log has that.
    static func make(for error: any Error, logger: Logger) -> Response {
        let known = serverError(for: error)
        let cause = known.cause.map { "\($0)" } ?? "none"
        guard let (status, title) = table[known.code], status.code < 500 || known.code != .internalError else {
            logger.error("a request failed on the server's side", metadata: ["error": "\(error)", "cause": "\(cause)"])
            return response(
                .internalServerError, .internalError, "Internal error", "the server failed; its log says why")
        }
        if status.code >= 500 {
            logger.error("a request failed", metadata: ["error": "\(error)", "cause": "\(cause)"])
        }
        var answer = response(status, known.code, title, known.message)
        if let error = error as? MethodNotAllowed { answer.headers[.allow] = error.allowed.joined(separator: ", ") }
        return answer
    }

    private static func serverError(for error: any Error) -> ServerError {
        switch error {
        case let error as ServerError: error
        case let error as JSONSyntaxError: ServerError(.invalidRequest, error.description)
        case let error as WireFormatError: ServerError(.validation, error.description)
        case let error as BaseAddress.NoHost: error.serverError
        case let error as MethodNotAllowed:
            ServerError(.methodNotAllowed, "this route takes \(error.allowed.joined(separator: ", "))")
        case let error as any HTTPResponseError where error.status == .notFound:
            ServerError(.notFound, "no such route; see the API's documentation")
        case let error as any HTTPResponseError where error.status.code < 500:
            ServerError(.invalidRequest, error.status.reasonPhrase)
        // Nobody is there to read the answer.
        case ChannelError.ioOnClosedChannel, ChannelError.alreadyClosed, ChannelError.inputClosed:
            ServerError(.incompleteBody, "the client closed the connection", cause: error)
        case is CancellationError: ServerError(.unavailable, "the server is shutting down; try again")
        default: ServerError(.internalError, "", cause: error)
        }
    }

    /// An answer's parts, for those who write it themselves.
    struct Parts {
        var status: HTTPResponse.Status
        var headers: HTTPFields
        var body: ByteBuffer
    }

    /// The answer to an error whose message may be shown, without a log line.
    static func problem(for error: ServerError) -> Parts {
        let (status, title) = table[error.code] ?? (.internalServerError, "Internal error")
        return parts(status, error.code, title, error.message)
    }

    private static func response(
        _ status: HTTPResponse.Status, _ code: ServerError.Code, _ title: String, _ detail: String
    ) -> Response {
        let parts = parts(status, code, title, detail)
        return Response(status: parts.status, headers: parts.headers, body: ResponseBody(byteBuffer: parts.body))
    }

    private static func parts(
        _ status: HTTPResponse.Status, _ code: ServerError.Code, _ title: String, _ detail: String
    ) -> Parts {
        let problem = ProblemDetails(status: status.code, code: code.rawValue, title: title, detail: detail)
        var headers: HTTPFields = [
            .contentType: "application/problem+json", .cacheControl: "no-store", .contentTypeOptions: "nosniff",
        ]
        if status == .unauthorized { headers[.wwwAuthenticate] = "Bearer" }
        if status == .serviceUnavailable { headers[.retryAfter] = "1" }
        return Parts(status: status, headers: headers, body: ByteBuffer(bytes: problem.json.serialized()))
    }
}
