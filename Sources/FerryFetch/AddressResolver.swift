// SPDX-License-Identifier: Apache-2.0

public import FerryWire

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
///
/// Its search blocks a thread and cannot be stopped, so that it has a few threads of its own, which all resolvers of a
/// process share: a slow name server holds up other names, and no file.
public struct SystemResolver: AddressResolver {
    /// Most searches at once in a process, those included that wait for a thread and those that nobody waits for any
    /// more. 64.
    public static let maximumSearches = 64
    /// Threads for them. 8.
    static let threadCount = 8

    private static let shared = LookupThreads(count: threadCount, maximumLookups: maximumSearches)

    private let threads: LookupThreads
    private let search: @Sendable (String) -> [IPAddress]

    /// A resolver that asks the system.
    public init() { self.init(threads: Self.shared, search: Self.search) }

    /// A resolver with threads and a blocking search of a test's.
    init(threads: LookupThreads, search: @escaping @Sendable (String) -> [IPAddress]) {
        self.threads = threads
        self.search = search
    }

    /// All addresses of a name; none if there is no such name.
    ///
    /// - Throws: ``FetchError`` with code `unreachable` when ``maximumSearches`` are under way; `CancellationError`.
    public func addresses(of name: String) async throws -> [IPAddress] {
        try await threads.run { [search] in search(name) }
    }

    private static func search(_ name: String) -> [IPAddress] {
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
