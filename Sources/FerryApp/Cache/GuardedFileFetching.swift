// SPDX-License-Identifier: Apache-2.0

internal import FerryFetch
import FerryWire
internal import NIOCore

/// Fetches by way of the guard against forged requests.
///
/// Until that guard is here this knows private addresses by their spelling only, and does not look at what names
/// resolve to: it must give way to FerryFetch's `GuardedFetcher` before anything is released.
struct GuardedFileFetching: FileFetching {
    private let origins: [String]

    /// - Parameters:
    ///   - origins: `scheme://host[:port]` that may be asked although they are not public.
    ///   - maximumSize: most bytes of a body.
    init(origins: [String], maximumSize: Int64) { self.origins = origins.compactMap { WebParts($0)?.origin } }

    func get(_ url: String, headers: [(String, String)]) async throws -> FetchedFile {
        try check(url)
        do {
            let answer = try await PlaceholderFetch().get(url, headers: headers)
            let disposition = answer.headers.first { $0.0.lowercased() == "content-disposition" }?.1
            return FetchedFile(
                status: answer.status, headers: answer.headers,
                filename: disposition.flatMap(ContentDisposition.filename) ?? WebParts(answer.finalURL)?.filename,
                body: FailingAlike(bytes: answer.body))
        } catch {
            throw Self.failure(error)
        }
    }

    private func check(_ url: String) throws {
        guard let parts = WebParts(url) else { throw AppFailure("a file's address is malformed", code: .fileRefused) }
        let host = parts.origin.utf8.split(separator: UInt8(ascii: "/")).last.map { String(Substring($0)) } ?? ""
        let isPrivate = host.hasPrefix("localhost") || host.hasPrefix("[") || host.utf8.first.map { $0 < 0x3A } ?? true
        if isPrivate, !origins.contains(parts.origin) {
            throw AppFailure("a file's address is not public and may not be asked", code: .fileRefused)
        }
    }

    /// Bytes whose failures are those of files.
    private struct FailingAlike: AsyncSequence, Sendable {
        let bytes: any AsyncSequence<ByteBuffer, any Error> & Sendable

        struct AsyncIterator: AsyncIteratorProtocol {
            var iterator: any AsyncIteratorProtocol<ByteBuffer, any Error>

            mutating func next(isolation actor: isolated (any Actor)?) async throws -> ByteBuffer? {
                do {
                    return try await iterator.next(isolation: actor)
                } catch {
                    throw GuardedFileFetching.failure(error)
                }
            }

            mutating func next() async throws -> ByteBuffer? { try await next(isolation: #isolation) }
        }

        func makeAsyncIterator() -> AsyncIterator { AsyncIterator(iterator: bytes.makeAsyncIterator()) }
    }

    private static func failure(_ error: any Error) -> any Error {
        if error is CancellationError { return error }
        return AppFailure(
            "the file's server could not be reached, or broke off; try again later", code: .fileUnreachable,
            cause: error)
    }
}
