// SPDX-License-Identifier: Apache-2.0

/// An absolute http or https address, read byte by byte. Its description leaves out the query, which may be a secret.
struct WebAddress: Sendable, Hashable, CustomStringConvertible {
    /// Most bytes of an address.
    static let maximumLength = 16 << 10

    /// Whether it is https.
    var isSecure: Bool
    /// Host in lower case, IPv6 addresses in brackets.
    var host: String
    /// Port, the scheme's own if the text names none.
    var port: Int
    /// Path as written, at least `/`.
    var path: String
    /// Query as written, without the question mark.
    var query: String?

    /// What the API key is bound to.
    struct Origin: Sendable, Hashable {
        var isSecure: Bool
        var host: String
        var port: Int
    }

    /// Scheme, host and port.
    var origin: Origin { Origin(isSecure: isSecure, host: host, port: port) }

    /// Reads an address; nil unless it is http or https with a plausible host and nothing but visible ASCII.
    ///
    /// User names in addresses are refused; a fragment is dropped.
    init?(_ text: String) {
        guard text.utf8.count <= Self.maximumLength, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            return nil
        }
        guard let separator = text.firstRange(of: "://") else { return nil }
        switch text[..<separator.lowerBound].lowercased() {
        case "http": isSecure = false
        case "https": isSecure = true
        default: return nil
        }
        var rest = text[separator.upperBound...]
        if let fragment = rest.firstIndex(of: "#") { rest = rest[..<fragment] }
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        guard let (host, port) = Self.authority(rest[..<end]) else { return nil }
        self.host = host
        self.port = port ?? (isSecure ? 443 : 80)
        (path, query) = Self.split(rest[end...])
        if path.isEmpty { path = "/" }
    }

    /// Whether the text begins as an http or https address does.
    static func hasScheme(_ text: String) -> Bool {
        ["http://", "https://"].contains { text.prefix($0.utf8.count).lowercased() == $0 }
    }

    /// Whether the text names a user, and perhaps a password, in front of an http or https host.
    static func hasUserName(_ text: String) -> Bool {
        guard hasScheme(text), let separator = text.firstRange(of: "://") else { return false }
        return text[separator.upperBound...].prefix { !"/?#".contains($0) }.contains("@")
    }

    private static func split(_ text: Substring) -> (path: String, query: String?) {
        guard let mark = text.firstIndex(of: "?") else { return (String(text), nil) }
        return (String(text[..<mark]), String(text[text.index(after: mark)...]))
    }

    private static func authority(_ text: Substring) -> (host: String, port: Int?)? {
        guard !text.contains("@") else { return nil }
        var host = text
        var port: Int?
        let afterAddress = text.lastIndex(of: "]").map { text.index(after: $0) } ?? text.startIndex
        if let colon = text[afterAddress...].firstIndex(of: ":") {
            let digits = text[text.index(after: colon)...]
            guard (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let number = Int(digits), (1...65535).contains(number)
            else { return nil }
            port = number
            host = text[..<colon]
        }
        let isAddress = host.first == "[" && host.last == "]" && host.utf8.count > 2
        let inner = isAddress ? host.dropFirst().dropLast() : host
        guard !inner.isEmpty,
            inner.utf8.allSatisfy({ byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                    true
                default: isAddress && byte == UInt8(ascii: ":")
                }
            })
        else { return nil }
        return (host.lowercased(), port)
    }

    /// The host without the brackets of IPv6.
    var bareHost: String { host.first == "[" ? String(host.dropFirst().dropLast()) : host }

    /// Host, and the port if it is not the scheme's own.
    var authority: String { port == (isSecure ? 443 : 80) ? host : "\(host):\(port)" }

    /// The whole address.
    var text: String { "\(description)\(query.map { "?\($0)" } ?? "")" }

    /// The address without its query.
    var description: String { "\(isSecure ? "https" : "http")://\(authority)\(path)" }

    /// Whether the host is this machine by its name or literal address.
    var isLoopback: Bool {
        let host = bareHost
        if host == "localhost" || host.hasSuffix(".localhost") || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}

extension WebAddress {
    /// The address of an API route under this base, whose own path (`/v1`) is kept.
    func appending(path suffix: String) -> WebAddress {
        var copy = self
        var base = path[...]
        while base.last == "/" { base.removeLast() }
        copy.path = base + suffix
        copy.query = nil
        return copy
    }

    /// The address a reference leads to from here (RFC 3986 section 5); nil if it is not http or https.
    func resolving(_ reference: String) -> WebAddress? {
        if let absolute = WebAddress(reference) { return absolute }
        if reference.hasPrefix("//") { return WebAddress("\(isSecure ? "https" : "http"):\(reference)") }
        let colon = reference.firstIndex(of: ":")
        if let colon, !reference[..<colon].contains(where: { "/?#".contains($0) }) { return nil }
        var target = reference
        if reference.isEmpty || reference.hasPrefix("#") {
            return self
        } else if reference.hasPrefix("?") {
            target = path + reference
        } else if !reference.hasPrefix("/") {
            target = (path.lastIndex(of: "/").map { path[...$0] } ?? "/") + reference
        }
        guard var resolved = WebAddress("\(isSecure ? "https" : "http")://\(authority)\(target)") else { return nil }
        resolved.path = Self.removingDotSegments(resolved.path)
        return resolved
    }

    private static func removingDotSegments(_ path: String) -> String {
        var output: [Substring] = []
        let segments = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        for (index, segment) in segments.enumerated() {
            let isLast = index == segments.count - 1
            switch segment {
            case ".": if isLast { output.append("") }
            case "..":
                _ = output.popLast()
                if isLast { output.append("") }
            default: output.append(segment)
            }
        }
        return "/" + output.joined(separator: "/")
    }
}
