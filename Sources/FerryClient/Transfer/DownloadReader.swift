// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import Crypto
import FerryWire
import NIOCore
import NIOHTTP1

/// Reads a download from its first byte to its last, over as many connections as it takes, and checks it at the end.
///
/// After a lost connection it goes on where it was, if the server names a strong entity tag; else it begins again and
/// makes sure, by digest, that the bytes already given are the same.
struct DownloadReader {
    let transport: Transport
    var target: DownloadTarget
    /// Bytes given so far.
    private(set) var offset: Int64 = 0
    /// Size of the whole, once known.
    private(set) var total: Int64?
    /// The name the server gives the file.
    private(set) var servedName: String?

    private var hasher = SHA256()
    private var expectedDigest: [UInt8]?
    private var entityTag: String?
    private var body: HTTPClientResponse.Body.AsyncIterator?
    private var address: WebAddress?
    private var inline: InlineContent.Pieces?
    /// What of the answer's beginning has been given before and is only compared.
    private var repetition: Repetition?
    private var failures = 0
    private var hasRefreshed = false
    private var isFinished = false

    private struct Repetition {
        var left: Int64
        var hasher = SHA256()
    }

    /// A reader of this target.
    init(_ target: DownloadTarget, _ transport: Transport) {
        self.target = target
        self.transport = transport
        total = target.size
        expectedDigest = target.sha256
    }

    /// The next bytes; nil once all have come and have been checked.
    ///
    /// - Throws: ``FerryError`` and `CancellationError`.
    mutating func next() async throws -> ByteBuffer? {
        guard !isFinished else { return nil }
        if case .inline(let content) = target.place { return try nextInline(content) }
        while true {
            try Task.checkCancellation()
            do {
                if body == nil { try await open() }
                if let chunk = try await nextChunk() {
                    failures = 0
                    return chunk
                }
                if body == nil {
                    try verify()
                    isFinished = true
                    return nil
                }
            } catch {
                body = nil
                try Task.checkCancellation()
                let translated = address.map { FerryError.transport(error, to: $0) } ?? error
                failures += 1
                guard
                    let decision = transport.retrier.decide(
                        after: translated, attempt: failures, safety: .repeatable)
                else { throw translated }
                try await transport.retrier.sleep(decision.wait)
            }
        }
    }

    private mutating func nextInline(_ content: InlineContent) throws -> ByteBuffer? {
        var pieces = inline ?? content.pieces(of: transport.configuration.limits.chunkSize)
        let chunk = try pieces.next()
        inline = pieces
        offset += Int64(chunk?.readableBytes ?? 0)
        isFinished = chunk == nil
        return chunk
    }

    /// The next new bytes; nil with `body == nil` at the end, nil with a body if the chunk held nothing new.
    private mutating func nextChunk() async throws -> ByteBuffer? {
        guard var chunk = try await body?.next(isolation: #isolation) else {
            body = nil
            guard repetition == nil else { throw differs }
            if let total, offset < total {
                throw FerryError(
                    .connection, "the answer ended after \(offset) of \(total) bytes", isRetryable: true)
            }
            return nil
        }
        if var repeating = repetition {
            let count = Int(min(repeating.left, Int64(chunk.readableBytes)))
            if let known = chunk.readSlice(length: count) {
                known.withUnsafeReadableBytes { repeating.hasher.update(bufferPointer: $0) }
            }
            repeating.left -= Int64(count)
            repetition = repeating.left > 0 ? repeating : nil
            if repeating.left == 0, repeating.hasher.finalize() != hasher.finalize() { throw differs }
        }
        guard chunk.readableBytes > 0 else { return nil }
        offset += Int64(chunk.readableBytes)
        if let total, offset > total {
            throw FerryError(.integrity, "the server sends more than the \(total) bytes it told of")
        }
        chunk.withUnsafeReadableBytes { hasher.update(bufferPointer: $0) }
        return chunk
    }

    private var differs: FerryError {
        FerryError(.sourceChanged, "the file changed on the server while it was downloaded; try again")
    }

    private func verify() throws {
        guard let expectedDigest else { return }
        guard Array(hasher.finalize()) == expectedDigest else {
            throw FerryError(
                .integrity, "the downloaded bytes are not those of the file: their SHA-256 differs; try again")
        }
    }
}

// MARK: - Connections

extension DownloadReader {
    /// Asks for the bytes from the current offset on.
    private mutating func open() async throws {
        guard case .web(let first) = target.place else { return }
        var place = first
        for _ in 0...transport.configuration.limits.maximumRedirects {
            address = place
            var request = Transport.Request(method: .GET, address: place)
            request.headers.add(name: "Accept-Encoding", value: "identity")
            if offset > 0, let entityTag {
                request.headers.add(name: "Range", value: "bytes=\(offset)-")
                request.headers.add(name: "If-Match", value: entityTag)
            }
            let response = try await transport.send(request)
            switch response.status.code {
            case 200, 206: return try accept(response)
            case 301, 302, 303, 307, 308: place = try redirect(response, from: place)
            case 412 where offset > 0: throw differs
            default:
                let failure = await transport.failure(response, from: place)
                guard await refreshLink(after: failure) else { throw failure }
                guard case .web(let fresh) = target.place else { throw failure }
                place = fresh
            }
        }
        throw FerryError(
            .limitExceeded,
            "more than \(transport.configuration.limits.maximumRedirects) redirects from \(first)")
    }

    private func redirect(_ response: HTTPClientResponse, from place: WebAddress) throws -> WebAddress {
        guard let location = response.headers.first(name: "location"), let next = place.resolving(location) else {
            throw FerryError(.server, "\(place) redirects to an address that is no http or https address")
        }
        guard next.isSecure || !place.isSecure else {
            throw FerryError(.server, "\(place) redirects from https to http, which is refused")
        }
        return next
    }

    /// A link of our own server that is refused is asked for anew, once.
    private mutating func refreshLink(after failure: FerryError) async -> Bool {
        guard failure.status == 403 || failure.status == 401, let id = target.fileID, !hasRefreshed,
            transport.configuration.apiKey != nil
        else { return false }
        hasRefreshed = true
        guard let fresh = try? await DownloadTarget.fetched(id: id, transport) else { return false }
        target.place = fresh.place
        return true
    }

    private mutating func accept(_ response: HTTPClientResponse) throws {
        let headers = response.headers
        if let coding = headers.first(name: "content-encoding"), coding.lowercased() != "identity" {
            throw FerryError(.server, "the server sent the file in a coding that was not asked for: \(coding)")
        }
        let length = headers.first(name: "content-length").flatMap { Int64($0) }
        var whole = length
        repetition = nil
        if response.status.code == 206 {
            guard let range = ContentRange(headers.first(name: "content-range") ?? ""), range.start == offset else {
                throw FerryError(.server, "the server sent another part of the file than was asked for")
            }
            whole = range.total
        } else if offset > 0 {
            repetition = Repetition(left: offset)
        }
        if let whole {
            if let total, whole != total {
                throw offset > 0
                    ? differs
                    : FerryError(.integrity, "the server sends \(whole) bytes, but the file's record says \(total)")
            }
            total = whole
        }
        if let tag = headers.first(name: "etag"), tag.utf8.first == UInt8(ascii: "\"") { entityTag = tag }
        expectedDigest = expectedDigest ?? ReprDigest.sha256(in: headers)
        servedName = headers.first(name: "content-disposition").flatMap(ContentDisposition.filename) ?? servedName
        body = response.body.makeAsyncIterator()
    }

    /// The name to save under: as the record says, else as the server does, else the address's last component.
    var filename: String {
        if let name = target.filename ?? servedName { return name }
        guard case .web(let place) = target.place, let last = place.path.split(separator: "/").last else {
            return Filename.fallback
        }
        return PercentEncoding.decode(last) ?? Filename.fallback
    }
}

/// A `Content-Range` header of bytes.
struct ContentRange: Hashable {
    var start: Int64
    var end: Int64
    /// Size of the whole, if told.
    var total: Int64?

    /// Reads `bytes 0-9/10` and `bytes 0-9/*`; nil for anything else.
    init?(_ text: String) {
        guard text.lowercased().hasPrefix("bytes ") else { return nil }
        let parts = text.dropFirst(6).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let bounds = parts[0].split(separator: "-", omittingEmptySubsequences: false)
        guard bounds.count == 2, let start = Self.number(bounds[0]), let end = Self.number(bounds[1]), start <= end
        else { return nil }
        self.start = start
        self.end = end
        if parts[1] != "*" {
            guard let total = Self.number(parts[1]), end < total else { return nil }
            self.total = total
        }
    }

    private static func number(_ text: Substring) -> Int64? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int64(text)
    }
}
