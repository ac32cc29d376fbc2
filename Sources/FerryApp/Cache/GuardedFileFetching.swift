// SPDX-License-Identifier: Apache-2.0

internal import FerryFetch
internal import FerryWire
internal import NIOCore

/// Fetches by way of the guard against forged requests: only public addresses, and the origins that are named.
struct GuardedFileFetching: FileFetching {
    private let fetcher: GuardedFetcher

    /// - Parameters:
    ///   - origins: `scheme://host[:port]` that may be asked although they are not public.
    ///   - maximumSize: most bytes of a body.
    init(origins: [String], maximumSize: Int64) {
        var policy = FetchPolicy()
        policy.limits.maximumSize = maximumSize
        for origin in origins { policy.exempt(origin) }
        fetcher = GuardedFetcher(policy: policy)
    }

    func get(_ url: String, headers: [(String, String)]) async throws -> FetchedFile {
        do {
            let answer = try await fetcher.get(url, headers: headers)
            return FetchedFile(
                status: answer.status,
                headers: { name in
                    let wanted = name.lowercased()
                    return answer.headers.filter { $0.0.lowercased() == wanted }.map(\.1)
                }, filename: answer.filename,
                body: FailingAlike(bytes: answer.body))
        } catch {
            throw Self.failure(error)
        }
    }

    /// Bytes whose failures are those of files.
    private struct FailingAlike: AsyncSequence, Sendable {
        let bytes: FetchedBody

        struct AsyncIterator: AsyncIteratorProtocol {
            var iterator: FetchedBody.AsyncIterator

            @concurrent mutating func next() async throws -> ByteBuffer? {
                do {
                    return try await iterator.next()
                } catch {
                    throw GuardedFileFetching.failure(error)
                }
            }
        }

        func makeAsyncIterator() -> AsyncIterator { AsyncIterator(iterator: bytes.makeAsyncIterator()) }
    }

    /// What the guard's words mean for a file.
    private static func failure(_ error: any Error) -> any Error {
        guard let error = error as? FetchError else { return error }
        let code: AppFailure.Code =
            switch error.code {
            case .unreachable: .fileUnreachable
            case .timedOut: .fileTimedOut
            case .truncated: .fileIncomplete
            case .tooLarge: .fileTooLarge
            default: .fileRefused
            }
        return AppFailure(error.message, code: code, cause: error)
    }
}
