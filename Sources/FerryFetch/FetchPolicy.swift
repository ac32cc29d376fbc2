// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// What may be asked for. By default anything in the internet at large, on the web's usual ports.
///
/// An address is judged three times: as written, by what its name resolves to, and again after each redirect. The
/// connection goes to the very address that was judged.
public struct FetchPolicy: Sendable {
    /// Ports that may be asked on. 80, 443, 8080 and 8443.
    public var ports: Set<Int> = [80, 443, 8080, 8443]
    /// Networks that may be asked though they are not the internet at large.
    public var allowedNetworks: [IPNetwork] = []
    /// Origins that are trusted: neither their ports nor their addresses are judged.
    public var exemptOrigins: Set<ForeignURL.Origin> = []
    /// What it may cost.
    public var limits = FetchLimits()
    /// Files of certificates (PEM) that are trusted beside the system's own; for tests.
    var extraAuthorities: [String] = []

    /// The defaults.
    public init() {}

    /// Trusts the origin of an address, exactly: scheme, host and port. An address that is none is passed over.
    public mutating func exempt(_ url: String) {
        if let url = try? ForeignURL(url) { exemptOrigins.insert(url.origin) }
    }

    /// Whether an address may be asked for, as far as its text tells. Opens nothing.
    ///
    /// - Throws: ``FetchError`` with code `refused`.
    @discardableResult
    public func check(_ text: String) throws(FetchError) -> ForeignURL {
        let url: ForeignURL
        do throws(ForeignURL.Refusal) {
            url = try ForeignURL(text)
        } catch {
            throw FetchError(.refused, "the address \(error.reason)")
        }
        try check(url)
        return url
    }

    func check(_ url: ForeignURL) throws(FetchError) {
        if exemptOrigins.contains(url.origin) { return }
        guard ports.contains(url.origin.port) else {
            let known = ports.sorted().map(String.init).joined(separator: ", ")
            throw FetchError(.refused, "the address has port \(url.origin.port); only \(known) are allowed")
        }
        if let address = url.address {
            try check(address, of: url)
        } else if isLocal(url.origin.host) {
            throw FetchError(.refused, "the address has a name of this machine or network, which is not allowed")
        }
    }

    /// Whether a connection to that address may be made.
    func check(_ address: IPAddress, of url: ForeignURL) throws(FetchError) {
        if exemptOrigins.contains(url.origin) || address.isGlobal { return }
        if allowedNetworks.contains(where: { $0.contains(address) }) { return }
        throw FetchError(.refused, "the address leads into a private or reserved network, which is not allowed")
    }

    /// Names that never mean somebody else, whatever they resolve to. Those below `internal` are private networks' own
    /// (the top-level name is kept for that): where such networks are allowed, their addresses decide.
    private func isLocal(_ name: String) -> Bool {
        let last = name.split(separator: ".").last
        return last == "localhost" || last == "localdomain" || (last == "internal" && allowedNetworks.isEmpty)
            || Self.localNames.contains(name)
    }

    private static let localNames: Set = [
        "ip6-localhost", "ip6-loopback", "metadata", "instance-data", "metadata.google.internal",
    ]
}
