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
        var limits = FetchLimits()
        limits.maximumSize = maximumSize
        fetcher = GuardedFetcher(policy: FetchPolicy(exemptOrigins: origins, limits: limits))
    }

    func get(_ url: String, headers: [(String, String)]) async throws -> FetchedFile {
        do throws(FetchError) {
            let answer = try await fetcher.get(
                url, headers: [("User-Agent", "ferry/\(FerryVersion.current)")] + headers)
            return FetchedFile(
                status: answer.status, header: { answer.header($0) }, filename: answer.filename,
                body: FailingAlike(bytes: answer.body))
        } catch {
            guard error.code == .status, let status = error.status else { throw Self.failure(error) }
            return FetchedFile(
                status: status, header: { _ in nil }, filename: nil, body: AsyncThrowingStream { $0.finish() })
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
        let code: AppFailure.Code
        switch error.code {
        case .cancelled: return CancellationError()
        case .unreachable: code = .fileUnreachable
        case .timedOut: code = .fileTimedOut
        case .truncated: code = .fileIncomplete
        case .tooLarge: code = .fileTooLarge
        case .refused, .tls, .status, .invalidAnswer: code = .fileRefused
        }
        return AppFailure(error.message, code: code, cause: error)
    }
}
