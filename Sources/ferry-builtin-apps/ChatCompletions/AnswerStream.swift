// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import FerryApp
import FerryWire
import NIOCore
import NIOHTTP1

/// Reads one answer, as a stream of events or, from servers that cannot do that, as a whole.
struct AnswerStream {
    private let server: ModelServer
    private let silence: SilenceLimit
    private let begin: ContinuousClock.Instant
    private let grown: @Sendable (LLMDelta) async -> Void
    private var parser: EventStreamParser
    private var reader: CompletionReader
    private var firstToken: ContinuousClock.Instant?
    /// Whether there was an event, of whatever kind.
    private var hasEvents = false

    private var limits: ChatCompletionLimits { server.limits }

    init(
        server: ModelServer, silence: SilenceLimit, begin: ContinuousClock.Instant,
        grown: @escaping @Sendable (LLMDelta) async -> Void
    ) {
        self.server = server
        self.silence = silence
        self.begin = begin
        self.grown = grown
        parser = EventStreamParser(limit: server.limits.lineBytes)
        reader = CompletionReader(limits: server.limits, secret: server.settings.key)
    }

    /// - Throws: ``ModelServerFailure`` that says whether another try makes sense, ``AppFailure``, `CancellationError`.
    mutating func read(_ response: HTTPClientResponse) async throws -> LLMOutput {
        let type = response.headers.first(name: "Content-Type")?.lowercased() ?? ""
        let isStream = type.contains("event-stream")
        var isWhole: Bool? = isStream ? false : type.contains("json") ? true : nil
        var isBegun = false
        var whole: [UInt8] = []
        var count = 0
        var chunks = response.body.makeAsyncIterator()
        while !reader.isDone {
            if count == 0 {
                silence.begin(limits.firstByteTime, or: .late)
            } else {
                silence.begin(limits.silenceTime)
            }
            let chunk: ByteBuffer?
            do {
                defer { silence.end() }
                chunk = try await chunks.next()
            } catch {
                try Task.checkCancellation()
                // Where the answer was whole already, it does not matter how the connection ended.
                if isWhole != true && reader.isWhole { break }
                throw firstToken == nil ? ModelServerFailure.unreachable("it hung up without an answer") : .brokenOff
            }
            guard let chunk else { break }
            count += chunk.readableBytes
            guard count <= limits.streamBytes else {
                throw AppFailure("the model server sends more than \(limits.streamBytes >> 20) MiB for one answer")
            }
            // Blank lines before the beginning say nothing.
            if !isBegun, let first = chunk.readableBytesView.first(where: { $0 > 0x20 }) {
                isBegun = true
                guard first != UInt8(ascii: "<") else { throw ModelServerFailure.elsewhere("a web page") }
                // A server that does not say what it sends: JSON begins with a brace, a stream of events never does.
                isWhole = isWhole ?? (first == UInt8(ascii: "{"))
            }
            if isWhole == true {
                whole.append(contentsOf: chunk.readableBytesView)
            } else {
                try await take(chunk)
            }
        }
        if isWhole == true {
            try await pass(try reader.take(whole: whole))
        } else if !reader.isDone, let last = parser.finish() {
            // An event that was cut off in its middle is none.
            if let delta = try? reader.take(event: last) { try await pass(delta) }
        }
        guard reader.isWhole else {
            if hasEvents || isStream { throw ModelServerFailure.brokenOff }
            throw ModelServerFailure.elsewhere("neither JSON nor a stream of events")
        }
        return try await output()
    }

    private mutating func take(_ chunk: ByteBuffer) async throws {
        let events: [[UInt8]]
        do throws(EventStreamParser.TooLong) {
            events = try parser.feed(chunk.readableBytesView)
        } catch {
            throw AppFailure("the model server sent a line of more than \(error.limit >> 10) KiB")
        }
        if !events.isEmpty { hasEvents = true }
        var delta = LLMDelta()
        for event in events where !reader.isDone { delta.merge(try reader.take(event: event)) }
        try await pass(delta)
    }

    private mutating func pass(_ delta: LLMDelta) async throws {
        guard !delta.isEmpty else { return }
        if firstToken == nil { firstToken = .now }
        await grown(delta)
        try Task.checkCancellation()
    }

    private func output() async throws -> LLMOutput {
        var output = try reader.answer.output()
        output.usage = usage
        if let usage = output.usage { await grown(LLMDelta(usage: usage)) }
        return output
    }

    private var usage: LLMUsage {
        func number(_ name: String) -> Int {
            Int(exactly: reader.usage?[name]?.integerValue.flatMap { $0 >= 0 ? $0 : nil } ?? 0) ?? 0
        }
        let first = firstToken ?? .now
        return LLMUsage {
            $0.stopReason = reader.finishReason ?? "stop"
            $0.promptTokens = number("prompt_tokens")
            $0.completionTokens = number("completion_tokens")
            $0.totalTokens = number("total_tokens")
            if $0.totalTokens == 0 {
                let sum = $0.promptTokens.addingReportingOverflow($0.completionTokens)
                $0.totalTokens = sum.overflow ? .max : sum.partialValue
            }
            $0.timeToFirstToken = Self.seconds(first - begin)
            let writing = Self.seconds(.now - first)
            if writing > 0, $0.completionTokens > 0 {
                $0.tokensPerSecond = (Double($0.completionTokens) / writing * 100).rounded() / 100
            }
        }
    }

    /// Seconds, exact to the millisecond.
    private static func seconds(_ time: Duration) -> Double {
        let seconds = Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18
        return (seconds * 1000).rounded() / 1000
    }
}
