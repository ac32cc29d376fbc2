// SPDX-License-Identifier: Apache-2.0

/// An absolute http or https address of somebody else's, read byte by byte and without leniency: what two readers could
/// read differently is no address.
public struct ForeignURL: Sendable, Hashable, CustomStringConvertible {
    /// Most bytes of an address. 8 KiB.
    public static let maximumLength = 8 << 10

    /// Why a text is no such address, in words that go on after "the address".
    public struct Refusal: Error, Sendable, Hashable, CustomStringConvertible {
        /// The words.
        public let reason: String
        public var description: String { reason }
    }

    /// Scheme, host and port: what credentials are bound to.
    public struct Origin: Sendable, Hashable, CustomStringConvertible {
        /// Whether it is https.
        public let isSecure: Bool
        /// The host in lower case, IPv6 without brackets.
        public let host: String
        /// The port.
        public let port: Int

        public var description: String {
            let shown = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
            let own = isSecure ? 443 : 80
            return "\(isSecure ? "https" : "http")://\(shown)\(port == own ? "" : ":\(port)")"
        }
    }

    /// Where it leads.
    public let origin: Origin
    /// The host, if it is an address and no name.
    public let address: IPAddress?
    /// Path and query as written, beginning with a slash.
    public let target: String

    /// Reads an address.
    public init(_ text: String) throws(Refusal) {
        guard text.utf8.count <= Self.maximumLength else { throw Refusal(reason: "is longer than 8 KiB") }
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !Self.forbidden.contains($0) }) else {
            throw Refusal(reason: "holds a character that must be percent-encoded")
        }
        let bytes = Array(text.utf8)
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), bytes[colon...].starts(with: "://".utf8) else {
            throw Refusal(reason: "does not begin with http:// or https://")
        }
        let isSecure: Bool
        switch Self.lowercase(bytes[..<colon]) {
        case "http": isSecure = false
        case "https": isSecure = true
        default: throw Refusal(reason: "does not begin with http:// or https://")
        }
        let rest = bytes[(colon + 3)...]
        let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }
        let authority = rest[..<(end ?? rest.endIndex)]
        guard !authority.contains(UInt8(ascii: "@")) else {
            throw Refusal(reason: "holds a user name, which is not allowed")
        }
        let (host, address, port) = try Self.read(authority)
        self.address = address
        origin = Origin(isSecure: isSecure, host: host, port: port ?? (isSecure ? 443 : 80))
        var target = rest[(end ?? rest.endIndex)...]
        if let fragment = target.firstIndex(of: UInt8(ascii: "#")) { target = target[..<fragment] }
        let text = String(decoding: target, as: UTF8.self)
        self.target = text.utf8.first == UInt8(ascii: "/") ? text : "/" + text
    }

    private static let forbidden = Set("\\\"<>^`{|}".utf8)

    private static func lowercase(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }, as: UTF8.self)
    }

    private static func read(
        _ authority: ArraySlice<UInt8>
    ) throws(Refusal) -> (host: String, address: IPAddress?, port: Int?) {
        var host = authority
        var port: Int?
        let behind = authority.lastIndex(of: UInt8(ascii: "]")).map { $0 + 1 } ?? authority.startIndex
        if let colon = authority[behind...].firstIndex(of: UInt8(ascii: ":")) {
            let digits = authority[(colon + 1)...]
            guard (1...5).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }),
                let number = Int(String(decoding: digits, as: UTF8.self)), (1...65535).contains(number)
            else { throw Refusal(reason: "has no usable port") }
            port = number
            host = authority[..<colon]
        }
        if host.first == UInt8(ascii: "[") {
            let inner = String(decoding: host.dropFirst().dropLast(), as: UTF8.self)
            guard host.last == UInt8(ascii: "]"), let address = IPAddress(inner), address.isIPv6 else {
                throw Refusal(reason: "has a malformed IPv6 address")
            }
            return (address.description, address, port)
        }
        let name = lowercase(host)
        if let address = IPAddress(name) { return (address.description, address, port) }
        try check(name: name)
        return (name, nil, port)
    }

    /// A name as the domain name system has them; nothing that some reader takes for an address.
    private static func check(name: String) throws(Refusal) {
        let labels = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let isPlain = labels.allSatisfy { label in
            (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
                && label.allSatisfy { byte in
                    (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "-")
                        || byte == UInt8(ascii: "_")
                }
        }
        guard isPlain, name.utf8.count <= 253, let last = labels.last else {
            throw Refusal(reason: "has no usable host; write international names in their xn-- form")
        }
        // A last part that begins with a digit is how the odd notations of IPv4 addresses end; no top-level name does.
        guard let first = last.first, !(0x30...0x39).contains(first) else {
            throw Refusal(reason: "has a malformed IPv4 address; write four decimal numbers")
        }
    }

    /// The whole address. Its query may be a secret: for requests, never for logs.
    public var text: String { "\(origin)\(target)" }

    /// The origin alone: paths and queries may hold secrets.
    public var description: String { origin.description }

    /// The address that a reference leads to from here (RFC 3986 section 5).
    public func resolving(_ reference: String) throws(Refusal) -> ForeignURL {
        let bytes = Array(reference.utf8)
        func isBefore(_ byte: UInt8) -> Bool { "/?#".utf8.contains(byte) }
        let head = bytes.prefix { !isBefore($0) }
        if head.contains(UInt8(ascii: ":")) { return try ForeignURL(reference) }
        if bytes.starts(with: "//".utf8) {
            return try ForeignURL("\(origin.isSecure ? "https" : "http"):\(reference)")
        }
        let path = target.utf8.prefix { $0 != UInt8(ascii: "?") }
        switch bytes.first {
        case nil, UInt8(ascii: "#"): return self
        case UInt8(ascii: "/"): return try ForeignURL("\(origin)\(Self.withoutDots(reference))")
        case UInt8(ascii: "?"): return try ForeignURL("\(origin)\(String(Substring(path)))\(reference)")
        default:
            let folder = path.lastIndex(of: UInt8(ascii: "/")).map { path[...$0] } ?? path
            return try ForeignURL("\(origin)\(Self.withoutDots(String(Substring(folder)) + reference))")
        }
    }

    /// The path with its steps `.` and `..` taken (RFC 3986 section 5.2.4); query and fragment stay.
    private static func withoutDots(_ target: String) -> String {
        let path = target.utf8.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
        let parts = path.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        var kept: [Substring] = []
        for (index, part) in parts.enumerated() {
            let isStep = part.elementsEqual(".".utf8) || part.elementsEqual("..".utf8)
            if part.elementsEqual("..".utf8) { _ = kept.popLast() }
            if !isStep { kept.append(Substring(part)) } else if index == parts.count - 1 { kept.append("") }
        }
        return "/" + kept.joined(separator: "/") + String(Substring(target.utf8.dropFirst(path.count)))
    }
}
