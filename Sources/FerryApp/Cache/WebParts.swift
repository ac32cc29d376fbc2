// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// The parts of an http or https address that name what the cache holds. It judges nothing: the guard does.
struct WebParts: Sendable, Hashable {
    /// `https://host[:port]`, lower-case, without the port that the scheme has anyway.
    let origin: String
    /// From the first slash to the query; at least `/`.
    let path: String
    /// Without the question mark; nil if there is none.
    let query: String?

    /// Takes an address apart; nil without a host.
    init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), bytes[(colon + 1)...].starts(with: "//".utf8) else {
            return nil
        }
        let scheme = String(decoding: bytes[..<colon], as: UTF8.self).lowercased()
        var rest = bytes[(colon + 3)...]
        rest = rest.prefix { $0 != UInt8(ascii: "#") }
        let authority = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
        var host = String(decoding: authority, as: UTF8.self).lowercased()
        guard !authority.isEmpty, !authority.contains(UInt8(ascii: "@")), authority.first != UInt8(ascii: ":") else {
            return nil
        }
        let usual = scheme == "http" ? ":80" : ":443"
        if host.utf8.count > usual.utf8.count, host.utf8.suffix(usual.utf8.count).elementsEqual(usual.utf8) {
            host = String(decoding: host.utf8.dropLast(usual.utf8.count), as: UTF8.self)
        }
        origin = "\(scheme)://\(host)"
        rest = rest.dropFirst(authority.count)
        let path = rest.prefix { $0 != UInt8(ascii: "?") }
        self.path = path.isEmpty ? "/" : String(decoding: path, as: UTF8.self)
        query = rest.count > path.count ? String(decoding: rest.dropFirst(path.count + 1), as: UTF8.self) : nil
    }

    /// The whole address without its fragment.
    var whole: String { origin + path + (query.map { "?\($0)" } ?? "") }

    /// The last part of the path, decoded once and made safe to create; `download` if it has none.
    var filename: String {
        let last = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).last ?? []
        guard !last.isEmpty else { return "download" }
        let decoded = String(decoding: PercentEncoding.decode(last), as: UTF8.self)
        return decoded == "." || decoded == ".." ? "download" : Filename.safe(decoded)
    }

    /// The address without a signature and what belongs to it; the other parameters stand in order.
    var unsigned: String {
        guard let query else { return origin + path }
        let parameters = query.utf8.split(separator: UInt8(ascii: "&")).map { part in
            (name: Self.name(part), text: String(decoding: part, as: UTF8.self))
        }
        let names = Set(parameters.map(\.name))
        var dropped: Set<String> = []
        for family in Self.families where family.marks.allSatisfy(names.contains) { dropped.formUnion(family.all) }
        let kept = parameters.filter { parameter in
            !dropped.contains(parameter.name)
                && !Self.prefixes.contains { parameter.name.utf8.starts(with: $0.utf8) }
        }
        return kept.isEmpty ? origin + path : "\(origin)\(path)?\(kept.map(\.text).joined(separator: "&"))"
    }

    private static func name(_ parameter: some Collection<UInt8>) -> String {
        let name = parameter.prefix { $0 != UInt8(ascii: "=") }
        return String(decoding: PercentEncoding.decode(name), as: UTF8.self).lowercased()
    }

    /// Parameters of presigned addresses of S3 and Google Cloud Storage.
    private static let prefixes = ["x-amz-", "x-goog-"]

    /// Parameters that belong to a signature, if all of those that mark it are there.
    private static let families: [(marks: [String], all: Set<String>)] = [
        // Ferry's own links.
        (["exp", "kid", "sig"], ["exp", "kid", "max", "sig"]),
        // S3 and Google, version 2.
        (["signature", "expires"], ["signature", "expires", "awsaccesskeyid", "googleaccessid"]),
        // CloudFront.
        (["signature", "key-pair-id"], ["signature", "key-pair-id", "policy", "expires"]),
        // Azure.
        (
            ["sig", "sv"],
            [
                "sig", "sv", "se", "st", "sp", "sr", "spr", "sip", "skoid", "sktid", "skt", "ske", "sks", "skv", "ss",
                "srt",
            ]
        ),
        // Akamai and the like.
        (["hdnts"], ["hdnts"]), (["hdnea"], ["hdnea"]),
    ]
}
