// SPDX-License-Identifier: Apache-2.0

import FerryApp
import FerryWire

/// A request that a model server did not answer as it should.
struct ModelServerFailure: Error {
    /// What the caller is told.
    let failure: AppFailure
    /// Whether it may go better after a pause; never once an answer has begun.
    var isRetryable = false
    /// The pause that the server asked for.
    var pause: Duration?
    /// The status of an answer that was no success.
    private(set) var status: Int?

    init(_ message: String, isRetryable: Bool = false, pause: Duration? = nil) {
        failure = AppFailure(message)
        self.isRetryable = isRetryable
        self.pause = pause
    }

    init(_ failure: AppFailure) { self.failure = failure }
}

extension ModelServerFailure {
    private static let base = "FERRY_SECRET_\(ModelServerSettings.baseName)"
    private static let key = "FERRY_SECRET_\(ModelServerSettings.keyName)"

    /// An answer with a status that is no success.
    ///
    /// - Parameters:
    ///   - body: the beginning of what came with it.
    ///   - secret: the key, which must not be shown even if the server does.
    init(status: Int, body: [UInt8], pause: Duration?, secret: String?, limits: ChatCompletionLimits) {
        let words = Self.words(of: body, without: secret, limits: limits)
        let said = words.isEmpty ? "" : " and said: “\(words)”"
        switch status {
        case 300..<400:
            self.init("the model server sends elsewhere (\(status)); give the final address as \(Self.base)")
        case 401, 403:
            self.init(
                "the model server does not let this server in (\(status))\(said). Give a key that it knows as \(Self.key) "
                    + "where the server is started")
        case 404:
            self.init(
                "the model server answered 404\(said). Either it has no such model, so name another one as model, or it "
                    + "has no /chat/completions below \(Self.base), which ends in /v1 with most servers")
        case 405, 501:
            self.init(
                "the model server does not answer chats (\(status))\(said). It has no /chat/completions below "
                    + "\(Self.base), which ends in /v1 with most servers")
        case 408, 500...599:
            self.init(
                "the model server failed (\(status))\(said). Try again; its own log says more", isRetryable: true,
                pause: pause)
        case 413:
            self.init("the request is too large for the model server (413)\(said). Attach less, or smaller files")
        case 429:
            self.init(
                "the model server takes no more requests for now (429)\(said). Try again later", isRetryable: true,
                pause: pause)
        default:
            self.init("the model server did not accept the request (\(status))\(said)")
        }
        self.status = status
    }

    /// A server that could not be reached, or that hung up before it answered.
    static func unreachable(_ reason: String) -> ModelServerFailure {
        ModelServerFailure(
            "the model server cannot be reached (\(reason)); start it, or correct \(base)", isRetryable: true)
    }

    /// A server that took the request and says nothing.
    static let late = ModelServerFailure(
        "the model server did not begin to answer in time; try again once its model is loaded, or ask for less")

    /// A server that began and says nothing more.
    static let silent = ModelServerFailure("the model server fell silent in the middle of its answer; try again")

    /// A server that goes on and on.
    static func endless(_ time: Duration) -> ModelServerFailure {
        ModelServerFailure(
            "the model server did not end its answer within \(time.components.seconds) s; ask for less, or set max_tokens"
        )
    }

    /// A server that answers with a success and with something else than was asked for.
    ///
    /// - Parameter what: what the address gives, in words.
    static func elsewhere(_ what: String) -> ModelServerFailure {
        ModelServerFailure(
            "the address in \(base) gives \(what); check it: it must be that of the model server's interface for "
                + "programs, which ends in /v1 with most servers")
    }

    /// A server that answers chats, perhaps, and does not say which models it has.
    static func noModels(_ status: Int) -> ModelServerFailure {
        ModelServerFailure(
            "this model server does not list its models (\(status)): name one as model, or start the server with "
                + "FERRY_SECRET_\(ModelServerSettings.modelName); or else \(base) is wrong, which ends in /v1 with most "
                + "servers")
    }

    static let brokenOff = ModelServerFailure("the model server's answer broke off before its end; try again")

    /// What a server said of an error, on one line.
    private static func words(of body: [UInt8], without secret: String?, limits: ChatCompletionLimits) -> String {
        if let json = try? JSONValue(parsing: body) { return words(of: json, without: secret, limits: limits) }
        let text = String(decoding: body, as: UTF8.self)
        // A page for browsers says nothing that is worth reading here.
        return text.utf8.first == UInt8(ascii: "<") ? "" : line(text, without: secret, limits)
    }

    /// What a server said of an error, on one line; empty if nothing.
    static func words(of json: JSONValue, without secret: String?, limits: ChatCompletionLimits) -> String {
        let candidates = [json["error"]?["message"], json["error"], json["message"], json["detail"]]
        let text = candidates.lazy.compactMap { $0?.stringValue }.first ?? ""
        return line(text, without: secret, limits)
    }

    private static func line(_ text: String, without secret: String?, _ limits: ChatCompletionLimits) -> String {
        // Before it is cut: half a key is none to show either.
        let shown = secret.map { text.replacing($0, with: "…") } ?? text
        return OneLine.text(shown, most: limits.errorCharacters)
    }
}
