// SPDX-License-Identifier: Apache-2.0

internal import AsyncHTTPClient
public import FerryWire
public import NIOCore

/// The answer to a GET. The connection is closed when neither this nor a copy of its body is held any more.
public struct FetchedResponse: Sendable {
    /// HTTP status, no redirect.
    public let status: Int
    /// Names and values as they came, in order.
    public let headers: [(String, String)]
    /// What the address that answered trusts: scheme, host, port.
    public let origin: ForeignURL.Origin
    /// The name that `Content-Disposition` gives, or else the last part of the path, decoded; nil if neither tells one.
    /// As the other side wrote it: make it safe before it becomes a file's.
    public let filename: String?
    /// The bytes, to be had once.
    public let body: FetchedBody

    /// The media type, as the other side wrote it.
    public var contentType: String? { header("Content-Type") }
    /// Bytes of the body, if announced.
    public var contentLength: Int64? { header("Content-Length").flatMap(Self.length) }
    /// The entity tag, quotes included.
    public var etag: String? { header("ETag") }
    /// When the content last changed, as the other side wrote it.
    public var lastModified: String? { header("Last-Modified") }

    /// The first header of that name, in any case.
    public func header(_ name: String) -> String? {
        let wanted = name.lowercased()
        return headers.first { $0.0.lowercased() == wanted }?.1
    }

    static func length(_ text: String) -> Int64? {
        guard (1...19).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int64(text)
    }

    init(answer: FetchAnswer, from place: ForeignURL, limits: FetchLimits, deadline: ContinuousClock.Instant) {
        status = answer.status
        headers = answer.response.headers.map { ($0.name, $0.value) }
        origin = place.origin
        filename =
            answer.header("Content-Disposition").flatMap(ContentDisposition.filename) ?? Self.filename(in: place.target)
        let announced = answer.header("Content-Length").flatMap(Self.length)
        // An answer that says it is unchanged may tell the length of what it does not send.
        let isEmpty = [204, 304].contains(answer.status)
        body = FetchedBody(
            answer: answer, place: place, limits: limits, announced: isEmpty ? 0 : announced, deadline: deadline)
    }

    private static func filename(in target: String) -> String? {
        let path = target.utf8.prefix { $0 != UInt8(ascii: "?") }
        guard let last = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).last, !last.isEmpty
        else { return nil }
        let name = PercentEncoding.decode(String(Substring(last)))
        return name == "." || name == ".." ? nil : name
    }
}

/// The bytes of an answer, as they come.
///
/// Throws ``FetchError``: when there are fewer than announced or more than allowed, when they come too slowly or not at
/// all, when they take too long in all.
public struct FetchedBody: AsyncSequence, Sendable {
    public typealias Element = ByteBuffer
    public typealias Failure = any Error

    let answer: FetchAnswer
    let place: ForeignURL
    let limits: FetchLimits
    let announced: Int64?
    let deadline: ContinuousClock.Instant

    public func makeAsyncIterator() -> Iterator {
        Iterator(body: self, chunks: answer.response.body.makeAsyncIterator())
    }

    /// Takes one piece at a time; the next is read from the connection when it is wanted.
    public struct Iterator: AsyncIteratorProtocol {
        private let body: FetchedBody
        private var chunks: HTTPClientResponse.Body.AsyncIterator
        private let silence: SilenceWatch
        private var received: Int64 = 0
        private var waited: Duration = .zero
        private var receivedInWindow: Int64 = 0

        fileprivate init(body: FetchedBody, chunks: HTTPClientResponse.Body.AsyncIterator) {
            self.body = body
            self.chunks = chunks
            silence = SilenceWatch(client: body.answer.client)
        }

        @concurrent
        public mutating func next() async throws -> ByteBuffer? {
            if let announced = body.announced, announced > body.limits.maximumSize { throw tooLarge }
            let begin = ContinuousClock.now
            let chunk: ByteBuffer?
            silence.begin(Swift.min(body.limits.idleTime, begin.duration(to: body.deadline)))
            do {
                defer { silence.end() }
                chunk = try await chunks.next()
            } catch {
                guard silence.hasEnded, !Task.isCancelled else { throw FetchError.translating(error, body.place) }
                throw ContinuousClock.now < body.deadline
                    ? FetchError(.timedOut, "\(body.place) did not answer in time") : tookTooLong
            }
            guard let chunk else {
                if let announced = body.announced, received < announced {
                    throw FetchError(.truncated, "\(body.place) sent \(received) of \(announced) bytes")
                }
                return nil
            }
            received += Int64(chunk.readableBytes)
            guard received <= body.limits.maximumSize else { throw tooLarge }
            try watch(begin, ContinuousClock.now, chunk.readableBytes)
            return chunk
        }

        private var tooLarge: FetchError {
            FetchError(.tooLarge, "\(body.place) has more than the \(body.limits.maximumSize) bytes allowed")
        }

        private var tookTooLong: FetchError {
            FetchError(.timedOut, "\(body.place) took longer than allowed for the whole")
        }

        /// Only time spent waiting counts: who takes the bytes may be as slow as it likes, within the time for the
        /// whole.
        private mutating func watch(
            _ begin: ContinuousClock.Instant, _ now: ContinuousClock.Instant, _ count: Int
        ) throws {
            guard now < body.deadline else { throw tookTooLong }
            waited += now - begin
            receivedInWindow += Int64(count)
            guard waited >= body.limits.rateWindow else { return }
            let seconds = Double(waited.components.seconds) + Double(waited.components.attoseconds) / 1e18
            guard Double(receivedInWindow) >= seconds * Double(body.limits.minimumRate) else {
                throw FetchError(.timedOut, "\(body.place) sends less than \(body.limits.minimumRate) bytes a second")
            }
            waited = .zero
            receivedInWindow = 0
        }
    }
}
