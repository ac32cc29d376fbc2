// SPDX-License-Identifier: Apache-2.0

package import FerryFetch
package import FerryServerCore
internal import FerryWire
internal import NIOCore

/// The web beyond this server, behind the guard of `FerryFetch`.
package struct WebDriver: ForeignWeb {
    private let fetcher: GuardedFetcher

    /// A driver that asks for what the fetcher's policy allows.
    package init(fetcher: GuardedFetcher = GuardedFetcher()) { self.fetcher = fetcher }

    package func check(_ url: String) throws(ServerError) {
        do throws(FetchError) {
            try fetcher.policy.check(url)
        } catch {
            throw ServerError(.validation, error.message, cause: error)
        }
    }

    package func get(_ url: String) async throws -> ForeignContent {
        let response: FetchedResponse
        do {
            response = try await fetcher.get(url)
        } catch {
            throw Self.translating(error)
        }
        guard (200..<300).contains(response.status) else {
            throw ServerError(.validation, "\(response.origin) answered with status \(response.status)")
        }
        return ForeignContent(
            contentType: response.contentType, filename: response.filename, length: response.contentLength,
            chunks: Chunks(body: response.body))
    }

    package func post(_ url: String, headers: [(String, String)], body: [UInt8]) async throws -> Int {
        do {
            return try await fetcher.post(url, headers: headers, body: body)
        } catch {
            throw Self.translating(error)
        }
    }

    fileprivate static func translating(_ error: any Error) -> any Error {
        guard let error = error as? FetchError else { return error }
        return ServerError(error.isRetryable ? .unavailable : .validation, error.message, cause: error)
    }

    /// The body, with errors of the server's kind.
    private struct Chunks: AsyncSequence, Sendable {
        typealias Element = ByteBuffer
        typealias Failure = any Error
        let body: FetchedBody

        struct Iterator: AsyncIteratorProtocol {
            var base: FetchedBody.Iterator

            @concurrent
            mutating func next() async throws -> ByteBuffer? {
                do {
                    return try await base.next()
                } catch {
                    throw WebDriver.translating(error)
                }
            }
        }

        func makeAsyncIterator() -> Iterator { Iterator(base: body.makeAsyncIterator()) }
    }
}
