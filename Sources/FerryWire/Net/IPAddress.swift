// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
package import Darwin
#elseif canImport(Musl)
package import Musl
#else
package import Glibc
#endif

/// An IPv4 or IPv6 address, without a zone.
public struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    /// Network order: 4 bytes or 16.
    public let bytes: [UInt8]

    /// An address of 4 or 16 bytes in network order; nil for any other number.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    /// Reads the standard notations: four decimal numbers without leading zeros, or IPv6 without brackets or zone.
    ///
    /// What else some systems take for an address (`127.1`, `0x7f.1`, `2130706433`, `0177.0.0.1`) is none here.
    public init?(_ text: String) {
        guard text.utf8.count <= 64, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
        var four = in_addr()
        var six = in6_addr()
        if text.utf8.contains(UInt8(ascii: ":")) {
            guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
            bytes = withUnsafeBytes(of: six) { Array($0) }
        } else {
            guard inet_pton(AF_INET, text, &four) == 1 else { return nil }
            bytes = withUnsafeBytes(of: four) { Array($0) }
        }
    }

    /// The address of a socket; nil if it is of another family.
    package init?(_ address: UnsafePointer<sockaddr>) {
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            bytes = address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { place in
                withUnsafeBytes(of: place.pointee.sin_addr) { Array($0) }
            }
        case AF_INET6:
            bytes = address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { place in
                withUnsafeBytes(of: place.pointee.sin6_addr) { Array($0) }
            }
        default: return nil
        }
    }

    /// Whether it has 16 bytes.
    public var isIPv6: Bool { bytes.count == 16 }

    /// The standard notation, IPv6 without brackets.
    public var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = isIPv6 ? AF_INET6 : AF_INET
        _ = bytes.withUnsafeBytes { inet_ntop(family, $0.baseAddress, &text, socklen_t(text.count)) }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Whether anybody may be asked at this address: it lies in the internet at large.
    ///
    /// Everything else is not global: loopback, private, link-local and shared networks, multicast, documentation,
    /// benchmarks, what is reserved, and IPv6 addresses that carry or lead to an IPv4 one (mapped, NAT64, 6to4, Teredo).
    /// So is 168.63.129.16, where a cloud answers its own machines.
    /// Source: IANA's special-purpose address registries; stricter than these where an exception lies inside a block.
    public var isGlobal: Bool {
        if isIPv6 {
            return Self.unicast.contains(self) && !Self.special6.contains { $0.contains(self) }
        }
        return !Self.special4.contains { $0.contains(self) }
    }

    private static func networks(_ texts: [String]) -> [IPNetwork] { texts.compactMap { IPNetwork($0) } }

    /// The one block of which global addresses are given out (RFC 4291 section 2.4, IANA).
    private static let unicast = IPNetwork(base: [0x20] + [UInt8](repeating: 0, count: 15), length: 3)

    private static let special4 = networks([
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
    ])

    private static let special6 = networks(["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"])
}

/// A block of addresses, `10.0.0.0/8`.
public struct IPNetwork: Sendable, Hashable, CustomStringConvertible {
    private let base: [UInt8]
    private let length: Int

    init(base: [UInt8], length: Int) {
        self.base = base
        self.length = length
    }

    /// Reads a block, or a single address; nil if the text is neither or the number of bits is too large.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let address = IPAddress(String(parts[0])) else { return nil }
        let all = address.bytes.count * 8
        var length = all
        if parts.count == 2 {
            let digits = parts[1].utf8
            guard (1...3).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }),
                let number = Int(parts[1]), number <= all
            else { return nil }
            length = number
        }
        self.init(base: address.bytes, length: length)
    }

    /// Whether an address lies in the block.
    public func contains(_ address: IPAddress) -> Bool {
        guard address.bytes.count == base.count else { return false }
        let whole = length / 8
        guard address.bytes.prefix(whole) == base.prefix(whole) else { return false }
        let rest = length % 8
        guard rest > 0 else { return true }
        let mask = UInt8(truncatingIfNeeded: 0xFF00 >> rest)
        return address.bytes[whole] & mask == base[whole] & mask
    }

    public var description: String { "\(IPAddress(bytes: base)?.description ?? "")/\(length)" }
}
