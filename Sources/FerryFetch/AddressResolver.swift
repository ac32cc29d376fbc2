// SPDX-License-Identifier: Apache-2.0

public import FerryWire
internal import NIOPosix

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Turns names into addresses.
public protocol AddressResolver: Sendable {
    /// All addresses of a name; none if there is no such name.
    func addresses(of name: String) async throws -> [IPAddress]
}

/// The system's own way: files, then the domain name system.
public struct SystemResolver: AddressResolver {
    private let threadPool: NIOThreadPool

    /// A resolver that blocks threads of NIO's shared pool while it waits.
    public init() { threadPool = .singleton }

    public func addresses(of name: String) async throws -> [IPAddress] {
        try await threadPool.runIfActive {
            var hints = addrinfo()
            hints.ai_family = AF_UNSPEC
            #if canImport(Glibc)
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
            #else
            hints.ai_socktype = SOCK_STREAM
            #endif
            var list: UnsafeMutablePointer<addrinfo>?
            guard getaddrinfo(name, nil, &hints, &list) == 0 else { return [] }
            defer { freeaddrinfo(list) }
            var found: [IPAddress] = []
            var next = list
            while let entry = next?.pointee {
                if let place = entry.ai_addr, let address = IPAddress(place), !found.contains(address) {
                    found.append(address)
                }
                next = entry.ai_next
            }
            return found
        }
    }
}
