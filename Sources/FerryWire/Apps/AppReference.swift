// SPDX-License-Identifier: Apache-2.0

/// How an app is named: `[app/]namespace/name[@version][:function]`, or a bare name.
///
/// The function is the text after the last `:` when it follows an `@` or there is no `@`.
public struct AppReference: Sendable, Hashable, CustomStringConvertible {
    /// The owner's name; nil for a bare name.
    public var namespace: String?
    /// The app's name.
    public var name: String
    /// The version's short id; nil for the latest (also written `@latest`).
    public var version: String?
    /// The function; nil for the app's default.
    public var function: String?

    /// A reference.
    public init(namespace: String? = nil, name: String, version: String? = nil, function: String? = nil) {
        self.namespace = namespace
        self.name = name
        self.version = version
        self.function = function
    }

    /// Reads a reference; nil unless every part is 1 to 128 letters, digits, `-`, `_` or `.`.
    public init?(_ text: String) {
        var rest = text[...]
        func cutLast(_ separator: Unicode.Scalar) -> String? {
            guard let index = rest.unicodeScalars.lastIndex(of: separator) else { return nil }
            let tail = String(rest.unicodeScalars[rest.unicodeScalars.index(after: index)...])
            rest = rest[..<index]
            return tail
        }
        if let colon = text.unicodeScalars.lastIndex(of: ":") {
            let at = text.unicodeScalars.lastIndex(of: "@")
            guard at == nil || colon > at! else { return nil }
            function = cutLast(":")
        }
        if rest.unicodeScalars.contains("@") {
            let version = cutLast("@")
            self.version = version == "latest" ? nil : version
        }
        var parts = rest.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if parts.count == 3, parts[0] == "app" { parts.removeFirst() }
        guard (1...2).contains(parts.count) else { return nil }
        name = parts.removeLast()
        namespace = parts.first
        let all = [namespace, name, version, function].compactMap { $0 }
        guard all.allSatisfy(Self.isPart) else { return nil }
    }

    private static func isPart(_ text: String) -> Bool {
        guard (1...128).contains(text.utf8.count), !text.utf8.allSatisfy({ $0 == UInt8(ascii: ".") }) else {
            return false
        }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                true
            default: false
            }
        }
    }

    public var description: String {
        var text = namespace.map { "\($0)/\(name)" } ?? name
        if let version { text += "@\(version)" }
        if let function { text += ":\(function)" }
        return text
    }
}
