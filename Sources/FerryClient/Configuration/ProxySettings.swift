// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// Which proxy a request goes through. Loopback addresses are never proxied.
public struct ProxySettings: Sendable, Hashable {
    /// One proxy. Its description never shows the password.
    public struct Endpoint: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
        /// How the proxy is spoken to.
        public enum Kind: Sendable, Hashable {
            /// An HTTP proxy, by absolute addresses for http and by CONNECT for https.
            case http
            /// A SOCKS 5 proxy without authentication.
            case socks5
        }

        /// How it is spoken to.
        public var kind: Kind
        /// Its host name or address.
        public var host: String
        /// Its port.
        public var port: Int
        /// The user's name for it, if it asks for one.
        public var username: String?
        var password: String?

        /// A proxy at this place.
        public init(kind: Kind = .http, host: String, port: Int, username: String? = nil, password: String? = nil) {
            self.kind = kind
            self.host = host
            self.port = port
            self.username = username
            self.password = password
        }

        /// Host and port.
        public var description: String { "\(host):\(port)" }
        /// Host and port.
        public var customMirror: Mirror { Mirror(self, children: ["host": host, "port": port]) }
    }

    /// The proxy for http addresses.
    public var http: Endpoint?
    /// The proxy for https addresses.
    public var https: Endpoint?
    /// Hosts reached directly: names (which stand for their subdomains too), addresses, `host:port`, or `*`.
    public var bypass: [String]

    /// No proxy at all.
    public static let none = ProxySettings()

    /// These proxies.
    public init(http: Endpoint? = nil, https: Endpoint? = nil, bypass: [String] = []) {
        self.http = http
        self.https = https
        self.bypass = bypass
    }

    /// The proxies that `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` name, in either case, the lower-case one first.
    ///
    /// - Throws: ``FerryError`` (`invalidInput`) for an address that cannot be used; it is not shown.
    public init(environment: [String: String]) throws {
        func value(_ name: String) -> (name: String, text: String)? {
            for candidate in [name.lowercased(), name] {
                if let text = environment[candidate], !text.isEmpty { return (candidate, text) }
            }
            return nil
        }
        http = try value("HTTP_PROXY").map(Self.endpoint)
        https = try value("HTTPS_PROXY").map(Self.endpoint)
        bypass = value("NO_PROXY")?.text.split(whereSeparator: { $0 == "," || $0 == " " }).map(String.init) ?? []
    }

    private static func endpoint(_ variable: (name: String, text: String)) throws -> Endpoint {
        guard let endpoint = Endpoint(variable.text) else {
            throw FerryError(
                .invalidInput, "\(variable.name) is no usable proxy address; write it as http://host:port")
        }
        return endpoint
    }

    /// The proxy for an address; nil for a direct connection.
    func endpoint(for address: WebAddress) -> Endpoint? {
        guard let endpoint = address.isSecure ? https : http, !address.isLoopback, !isBypassed(address) else {
            return nil
        }
        return endpoint
    }

    private func isBypassed(_ address: WebAddress) -> Bool {
        bypass.contains { entry in
            if entry == "*" { return true }
            var name = entry.lowercased()
            // With two colons or more it is an IPv6 address, not a name and a port.
            let colons = name.utf8.indices.filter { name.utf8[$0] == UInt8(ascii: ":") }
            if let colon = colons.first, colons.count == 1 {
                guard Int(name[name.utf8.index(after: colon)...]) == address.port else { return false }
                name = String(name[..<colon])
            }
            while name.utf8.first == UInt8(ascii: ".") { name.removeFirst() }
            if name.utf8.first == UInt8(ascii: "*") { name.removeFirst() }
            while name.utf8.first == UInt8(ascii: ".") { name.removeFirst() }
            let host = address.bareHost
            return !name.isEmpty && (host == name || host.hasSuffix(".\(name)"))
        }
    }
}

extension ProxySettings.Endpoint {
    /// Reads `[http://|socks5://][user[:password]@]host[:port]`; nil for anything else.
    init?(_ text: String) {
        var rest = text[...]
        var kind = Kind.http
        if let scheme = rest.firstRange(of: "://") {
            switch rest[..<scheme.lowerBound].lowercased() {
            case "http": kind = .http
            case "socks5", "socks5h": kind = .socks5
            default: return nil
            }
            rest = rest[scheme.upperBound...]
        }
        while rest.utf8.last == UInt8(ascii: "/") { rest.removeLast() }
        var username: String?
        var password: String?
        if let at = rest.utf8.lastIndex(of: UInt8(ascii: "@")) {
            let user = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            username = PercentEncoding.decode(user[0])
            password = user.count > 1 ? PercentEncoding.decode(user[1]) : ""
            rest = rest[rest.utf8.index(after: at)...]
        }
        guard let address = WebAddress("http://\(rest)"), address.path == "/", address.query == nil else { return nil }
        let hasPort = rest.utf8.last != UInt8(ascii: "]") && rest.utf8.contains(UInt8(ascii: ":"))
        let port = hasPort ? address.port : (kind == .http ? 80 : 1080)
        self.init(kind: kind, host: address.bareHost, port: port, username: username, password: password)
    }
}
