// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// Asks for what lies at addresses that strangers gave, and for nothing else: see ``FetchPolicy``.
///
/// Each name is resolved once, every address it has is judged, and the connection goes to one of these. Redirects are
/// followed by hand with the same judgement at each step. No proxy is used, no cookie kept, nothing inflated.
public struct GuardedFetcher: Sendable {
    /// What may be asked for.
    public let policy: FetchPolicy
    private let resolver: any AddressResolver

    /// A fetcher.
    ///
    /// - Parameter resolver: turns names into addresses.
    public init(
        policy: FetchPolicy = FetchPolicy(), resolver: any AddressResolver = SystemResolver()
    ) {
        self.policy = policy
        self.resolver = resolver
    }

    /// Sends a GET and follows redirects.
    ///
    /// - Parameters:
    ///   - url: an absolute http or https address.
    ///   - headers: sent along until a redirect leads to another origin; from then on none of them is.
    /// - Returns: the answer, whatever its status but a redirect.
    /// - Throws: ``FetchError``; `CancellationError`.
    public func get(_ url: String, headers: [(String, String)] = []) async throws -> FetchedResponse {
        var policy = self.policy
        var place = try policy.check(url)
        // The caller may name a trusted origin, a stranger may not: no redirect leads to another one of them.
        policy.exemptOrigins.formIntersection([place.origin])
        var headers = headers
        var seen: Set<ForeignURL> = [place]
        let deadline = ContinuousClock.now + policy.limits.totalTime
        while true {
            let exchange = try await open(place, policy)
            let answer = try await exchange.get(headers: headers)
            guard let next = try answer.redirection(from: place) else {
                return FetchedResponse(answer: answer, from: place, limits: policy.limits, deadline: deadline)
            }
            do {
                try policy.check(next)
            } catch {
                throw FetchError(error.code, "a redirect of \(place) was not followed: \(error.message)")
            }
            guard !place.origin.isSecure || next.origin.isSecure || policy.exemptOrigins.contains(next.origin) else {
                throw FetchError(.refused, "a redirect of \(place) leads from https to http, which is not allowed")
            }
            guard seen.insert(next).inserted, seen.count <= policy.limits.maximumRedirects + 1 else {
                throw FetchError(.redirects, "\(place) redirects in a circle or too often")
            }
            if next.origin != place.origin { headers = [] }
            place = next
        }
    }

    /// Sends a POST; redirects are not followed.
    ///
    /// - Returns: the answer's status. Its body is read and dropped, up to a limit.
    /// - Throws: ``FetchError``; `CancellationError`.
    public func post(_ url: String, headers: [(String, String)], body: [UInt8]) async throws -> Int {
        let place = try policy.check(url)
        let exchange = try await open(place, policy)
        return try await exchange.post(headers: headers, body: body)
    }

    /// The way to an address: where a connection may go.
    private func open(_ url: ForeignURL, _ policy: FetchPolicy) async throws -> FetchExchange {
        if let address = url.address {
            try policy.check(address, of: url)
            return FetchExchange(url: url, addresses: [address], limits: policy.limits)
        }
        let found = try await resolve(url)
        guard !found.isEmpty else { throw FetchError(.unreachable, "\(url) has no address; check the name") }
        // One forbidden address among them, and nobody is asked: which is taken is not for chance to decide.
        for address in found { try policy.check(address, of: url) }
        return FetchExchange(url: url, addresses: found, limits: policy.limits)
    }

    /// The addresses of a name. Who waits no longer leaves; the system's own search cannot be stopped and ends by itself.
    private func resolve(_ url: ForeignURL) async throws -> [IPAddress] {
        let (answers, inbox) = AsyncThrowingStream<[IPAddress], any Error>.makeStream(
            bufferingPolicy: .bufferingOldest(1))
        let search = Task {
            do {
                inbox.yield(try await resolver.addresses(of: url.origin.host))
            } catch {
                inbox.finish(throwing: FetchError(.unreachable, "\(url) cannot be resolved", cause: error))
            }
        }
        let clock = Task {
            guard (try? await Task.sleep(for: policy.limits.resolveTime)) != nil else { return }
            inbox.finish(throwing: FetchError(.timedOut, "\(url) could not be resolved in time"))
        }
        defer {
            search.cancel()
            clock.cancel()
        }
        for try await found in answers { return found }
        throw CancellationError()
    }
}
