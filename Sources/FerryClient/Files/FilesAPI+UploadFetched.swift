// SPDX-License-Identifier: Apache-2.0

public import FerryFetch
public import FerryWire
internal import NIOCore

extension FilesAPI {
    /// Uploads what lies at somebody else's http or https address, streamed from there to here.
    ///
    /// The address may come from a stranger: by default nothing is asked for that leads into a private network, and the
    /// download is limited in size, time and slowness (``FetchPolicy``). Name and media type are those of the answer,
    /// unless the options say otherwise. A download that breaks off leaves nothing on the server.
    ///
    /// - Parameters:
    ///   - url: an absolute address.
    ///   - policy: what may be asked for, and what it may cost.
    ///   - options: see ``UploadFileOptions``.
    ///   - progress: called with each chunk.
    /// - Throws: ``FerryError`` (`invalidInput` for an address that is not allowed, `notFound`, `connection`, `timeout`,
    ///   `tls`, `tooLarge`), and as for a stream.
    public func upload(
        fetching url: String, policy: FetchPolicy = FetchPolicy(), options: UploadFileOptions = UploadFileOptions(),
        progress: ProgressHandler? = nil
    ) async throws -> FileDTO {
        let response: FetchedResponse
        do {
            response = try await GuardedFetcher(policy: policy).get(url)
        } catch {
            throw FerryError.fetching(error)
        }
        guard (200..<300).contains(response.status) else {
            let code: FerryError.Code = [404, 410].contains(response.status) ? .notFound : .connection
            throw FerryError(
                code, "\(response.origin) answered with status \(response.status); nothing was uploaded",
                isRetryable: response.status >= 500)
        }
        var options = options
        options.filename = options.filename ?? response.filename
        options.contentType = options.contentType ?? response.contentType
        return try await upload(FetchedChunks(body: response.body), options: options, progress: progress)
    }
}

extension FerryError {
    /// What a failure of a foreign download means for the caller: a ``FerryError``, or `CancellationError`.
    fileprivate static func fetching(_ error: any Error) -> any Error {
        guard let error = error as? FetchError else { return error }
        let code: FerryError.Code =
            switch error.code {
            case .refused, .redirects: .invalidInput
            case .tooLarge: .tooLarge
            case .timedOut: .timeout
            case .tls: .tls
            default: .connection
            }
        return FerryError(code, error.message, underlying: error, isRetryable: error.isRetryable)
    }
}

/// The body of a foreign answer as pieces to upload.
private struct FetchedChunks: AsyncSequence, Sendable {
    typealias Element = ByteBufferView
    let body: FetchedBody

    struct Iterator: AsyncIteratorProtocol {
        var base: FetchedBody.Iterator

        @concurrent
        mutating func next() async throws -> ByteBufferView? {
            do {
                return try await base.next()?.readableBytesView
            } catch {
                throw FerryError.fetching(error)
            }
        }
    }

    func makeAsyncIterator() -> Iterator { Iterator(base: body.makeAsyncIterator()) }
}
