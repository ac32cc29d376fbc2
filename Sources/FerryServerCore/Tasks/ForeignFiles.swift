// SPDX-License-Identifier: Apache-2.0

internal import FerryWire
internal import NIOCore
internal import Synchronization

/// Files of the web beyond this server: looked at when a task is made, fetched when its app is to have them.
package struct ForeignFiles: Sendable {
    private let web: any ForeignWeb
    private let detector: any ContentTypeDetector
    private let limits: ServerLimits

    package init(web: any ForeignWeb, detector: any ContentTypeDetector, limits: ServerLimits) {
        self.web = web
        self.detector = detector
        self.limits = limits
    }

    /// Whether an address is of the web at all.
    static func hasScheme(_ text: String) -> Bool {
        ["http:", "https:"].contains { text.utf8.count >= $0.utf8.count && text.prefix($0.count).lowercased() == $0 }
    }

    /// The address that a file field's value holds, if it is of the web.
    static func url(of value: JSONValue) -> String? {
        (value.stringValue ?? value["uri"]?.stringValue).flatMap { hasScheme($0) ? $0 : nil }
    }

    /// - Throws: ``ServerError`` if the URL may not be fetched, as far as its text tells.
    func check(_ url: String) throws(ServerError) { try web.check(url) }

    /// Fetches the file that a field of a task's input names, and says what the app is told of it.
    ///
    /// - Throws: ``AppFailure`` that names the field.
    func place(
        _ field: FileFields.Field, url: String, in workspace: any TaskWorkspace, budget: ForeignBudget
    ) async throws -> JSONValue {
        do {
            try budget.spend(0)
            let content = try await web.get(url)
            if let length = content.length, length > limits.maximumForeignFileSize { throw tooLarge }
            let given = field.value["filename"]?.stringValue ?? content.filename ?? Filename.fallback
            let filename = Filename.safe(given)
            let measure = StreamMeasure(headLimit: limits.typeDetectionLength)
            let chunks = MeasuredChunks(
                base: content.chunks, measure: measure, maximumSize: limits.maximumForeignFileSize, tooLarge: tooLarge,
                budget: budget)
            let path = try await workspace.place(chunks, filename: filename)
            let type = await mediaType(field, content, head: measure.head, filename: filename)
            return [
                "path": .string(path), "content_type": .string(type.description), "filename": .string(filename),
                "size": .integer(measure.size),
            ]
        } catch let error as ServerError where error.code != .internalError {
            throw AppFailure(message: "\(field.pointer): \(Self.hideQuery(of: url, in: error.message))")
        } catch let failure as AppFailure {
            throw AppFailure(
                message: "\(field.pointer): \(Self.hideQuery(of: url, in: failure.message))",
                isRetryable: failure.isRetryable)
        }
    }

    private var tooLarge: ServerError {
        ServerError(
            .payloadTooLarge,
            "the file is larger than \(limits.maximumForeignFileSize) bytes; upload it and give its uri")
    }

    private func mediaType(
        _ field: FileFields.Field, _ content: ForeignContent, head: [UInt8], filename: String
    ) async -> MediaType {
        if let declared = FileTypeRules.given(field.value["content_type"]?.stringValue) { return declared }
        if let given = FileTypeRules.header(content.contentType) { return given }
        // A detector that fails is one that knows nothing.
        let told = head.isEmpty ? nil : try? await detector.mediaType(ofBytes: head)
        return FileTypeRules.settled(content: told, head: head, filename: filename)
    }

    /// Queries carry signatures; the promise that messages are without them is kept twice.
    static func hideQuery(of url: String, in message: String) -> String {
        guard let mark = url.utf8.firstIndex(of: UInt8(ascii: "?")) else { return message }
        let query = String(decoding: url.utf8[mark...].prefix { $0 != UInt8(ascii: "#") }, as: UTF8.self)
        return message.replacing(query, with: "?…")
    }
}

/// Bytes and time that all foreign files of one task share.
final class ForeignBudget: Sendable {
    private let rest: Mutex<Int64>
    private let end: ContinuousClock.Instant
    private let limits: ServerLimits

    init(_ limits: ServerLimits) {
        self.limits = limits
        rest = Mutex(limits.maximumForeignTaskSize)
        end = .now + .seconds(limits.maximumForeignTaskTime)
    }

    /// - Throws: ``ServerError`` if that was too much, or the time is over.
    func spend(_ bytes: Int64) throws(ServerError) {
        let left = rest.withLock { rest in
            rest -= bytes
            return rest
        }
        guard left >= 0 else {
            throw ServerError(
                .payloadTooLarge,
                "the task's files of other servers have more than \(limits.maximumForeignTaskSize) bytes; upload them")
        }
        guard ContinuousClock.now < end else {
            throw ServerError(
                .unavailable,
                "the task's files of other servers took more than \(limits.maximumForeignTaskTime) seconds; upload them"
            )
        }
    }
}

/// How much passed, and what it began with.
final class StreamMeasure: Sendable {
    private struct State {
        var head: [UInt8] = []
        var size: Int64 = 0
    }

    private let state = Mutex(State())
    private let headLimit: Int

    /// Keeps at most so many of the first bytes.
    init(headLimit: Int) { self.headLimit = headLimit }

    var head: [UInt8] { state.withLock { $0.head } }
    /// Bytes that passed.
    var size: Int64 { state.withLock { $0.size } }

    /// Counts a chunk, and gives what passed with it.
    func take(_ chunk: ByteBuffer) -> Int64 {
        state.withLock { state in
            if state.head.count < headLimit {
                state.head.append(contentsOf: chunk.readableBytesView.prefix(headLimit - state.head.count))
            }
            state.size += Int64(chunk.readableBytes)
            return state.size
        }
    }
}

/// A stream that is measured while it passes, and cut where it becomes too large.
struct MeasuredChunks: AsyncSequence, Sendable {
    typealias Element = ByteBuffer
    typealias Failure = any Error
    let base: any AsyncSequence<ByteBuffer, any Error> & Sendable
    let measure: StreamMeasure
    let maximumSize: Int64
    let tooLarge: ServerError
    let budget: ForeignBudget

    func makeAsyncIterator() -> Iterator {
        Iterator(
            base: Self.iterator(base), measure: measure, maximumSize: maximumSize, tooLarge: tooLarge, budget: budget)
    }

    private static func iterator(
        _ base: some AsyncSequence<ByteBuffer, any Error>
    ) -> any AsyncIteratorProtocol<ByteBuffer, any Error> { base.makeAsyncIterator() }

    struct Iterator: AsyncIteratorProtocol {
        var base: any AsyncIteratorProtocol<ByteBuffer, any Error>
        let measure: StreamMeasure
        let maximumSize: Int64
        let tooLarge: ServerError
        let budget: ForeignBudget

        mutating func next(isolation actor: isolated (any Actor)?) async throws -> ByteBuffer? {
            guard let chunk = try await base.next(isolation: actor) else { return nil }
            guard measure.take(chunk) <= maximumSize else { throw tooLarge }
            try budget.spend(Int64(chunk.readableBytes))
            return chunk
        }
    }
}
