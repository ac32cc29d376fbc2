// SPDX-License-Identifier: Apache-2.0

import FerryWire

extension FerryError {
    /// Most characters of an unreadable error body that a message shows.
    static let maximumExcerpt = 200

    /// The failure an answer outside 2xx tells of.
    static func response(status: Int, body: [UInt8], retryAfter: Duration? = nil) -> FerryError {
        let problem = (try? JSONValue(parsing: body)).flatMap { try? ProblemDetails(json: $0) }
        let detail = problem.map(\.detail) ?? excerpt(of: body)
        let serverCode = problem.map(\.code).flatMap { $0.isEmpty ? nil : $0 }
        // A file named in what was sent: there is no address of its own that could be answered with 404.
        let kind = serverCode == "file_not_found" ? (code: Code.notFound, remedy: nil) : kind(ofStatus: status)
        var text = "\(status)"
        if !detail.isEmpty { text += " \(detail)" }
        if let remedy = kind.remedy, problem == nil { text += "; \(remedy)" }
        var error = FerryError(
            kind.code, text, status: status, serverCode: serverCode, isRetryable: isRetryable(status: status))
        error.retryAfter = retryAfter
        return error
    }

    /// Whether another try may be answered differently.
    static func isRetryable(status: Int) -> Bool {
        switch status {
        case 408, 425, 429, 500, 502, 503, 504: true
        default: false
        }
    }

    /// Whether the server asked for fewer requests.
    var isThrottle: Bool { status == 429 || status == 503 }

    /// Whether the server certainly did nothing of what it was asked: the request was never sent, or refused. Other
    /// answers, a proxy's among them, may follow a request that was carried out.
    var isRefusal: Bool { wasNeverSent || status.map { (400..<500).contains($0) && $0 != 408 } ?? false }

    private static func kind(ofStatus status: Int) -> (code: Code, remedy: String?) {
        switch status {
        case 401: (.unauthorized, "check the API key")
        case 402: (.limitExceeded, nil)
        case 403: (.forbidden, "check what the API key may do")
        case 404, 410: (.notFound, nil)
        case 409, 412: (.conflict, nil)
        case 408: (.timeout, "try again")
        case 413: (.tooLarge, "send less")
        case 429: (.rateLimited, "try again later")
        case 400..<500: (.invalidInput, nil)
        case 500...: (.server, "try again later")
        default: (.server, nil)
        }
    }

    /// What a body that is no problem document says, on one line and cut.
    ///
    /// Of an XML error, as object stores send it, only code and message: the rest may repeat the signature.
    static func excerpt(of body: [UInt8]) -> String {
        let text = String(decoding: body.prefix(16 << 10), as: UTF8.self)
        if text.contains("<Error>") {
            let parts = ["Code", "Message"].compactMap { element(named: $0, in: text) }
            return cut(parts.joined(separator: ": "))
        }
        return cut(text)
    }

    private static func element(named name: String, in text: String) -> Substring? {
        guard let start = text.firstRange(of: "<\(name)>") else { return nil }
        let rest = text[start.upperBound...]
        return rest.firstRange(of: "</\(name)>").map { rest[..<$0.lowerBound] }
    }

    private static func cut(_ text: some StringProtocol) -> String {
        var words: [UInt8] = []
        for byte in text.utf8.prefix(8 << 10) {
            let isBlank = byte <= 0x20 || byte == 0x7F
            if isBlank, words.isEmpty || words.last == 0x20 { continue }
            words.append(isBlank ? 0x20 : byte)
        }
        let line = String(decoding: words, as: UTF8.self)
        return String(String.UnicodeScalarView(line.unicodeScalars.prefix(maximumExcerpt)))
    }
}
