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
    ///   - headers: sent along until a redirect leads to another origin; from then on only those are that tell what
    ///     part of the content, or in what case, is wanted (`Range`, `If-Range`, `If-None-Match`, `If-Modified-Since`).
    /// - Returns: the answer, whatever its status but a redirect.
    /// - Throws: ``FetchError``; `CancellationError`.
    public func get(_ url: String, headers: [(String, String)] = []) async throws -> FetchedResponse {
        var policy = self.policy
        var place = try policy.check(url)
        // The caller may name a trusted origin, a stranger may not: no redirect leads to one of them from elsewhere.
        policy.exemptOrigins.formIntersection([place.origin])
        var headers = headers
        var seen: Set<ForeignURL> = [place]
        let deadline = ContinuousClock.now + policy.limits.totalTime
        while true {
            let exchange = try await open(place, policy)
            let answer = try await exchange.get(
                headers: headers, within: ContinuousClock.now.duration(to: deadline))
            guard let next = try answer.redirection(from: place) else {
                guard !(200..<300).contains(answer.status) || answer.isPlain else {
                    throw FetchError(.encoded, "\(place) sends its file compressed though that was not asked for")
                }
                return FetchedResponse(answer: answer, from: place, limits: policy.limits, deadline: deadline)
            }
            if next.origin != place.origin {
                policy.exemptOrigins = []
                headers.removeAll { !Self.travelling.contains($0.0.lowercased()) }
            }
            do {
                try policy.check(next)
            } catch {
                throw FetchError(error.code, "a redirect of \(place) was not followed: \(error.message)")
            }
            guard !place.origin.isSecure || next.origin.isSecure else {
                throw FetchError(.refused, "a redirect of \(place) leads from https to http, which is not allowed")
            }
            guard seen.insert(next).inserted, seen.count <= policy.limits.maximumRedirects + 1 else {
                throw FetchError(.redirects, "\(place) redirects in a circle or too often")
            }
            place = next
        }
    }

    /// Headers that may go to another origin: there is nothing secret in them.
    private static let travelling: Set = ["range", "if-range", "if-none-match", "if-modified-since"]

    /// Sends a POST; redirects are not followed.
    ///
    /// - Returns: the answer's status. Its body is not read.
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
            return FetchExchange(url: url, addresses: [address], policy: policy)
        }
        let found = try await resolve(url)
        guard !found.isEmpty else { throw FetchError(.unreachable, "\(url) has no address; check the name") }
        // One forbidden address among them, and nobody is asked: which is taken is not for chance to decide.
        for address in found { try policy.check(address, of: url) }
        return FetchExchange(url: url, addresses: found, policy: policy)
    }

    /// The addresses of a name. Who waits no longer leaves; the system's own search cannot be stopped and ends by
    /// itself.
    private func resolve(_ url: ForeignURL) async throws -> [IPAddress] {
        let (answers, inbox) = AsyncThrowingStream<[IPAddress], any Error>.makeStream(
            bufferingPolicy: .bufferingOldest(1))
        let search = Task {
            do {
                inbox.yield(try await resolver.addresses(of: url.origin.host))
            } catch let error as FetchError {
                inbox.finish(throwing: error)
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
