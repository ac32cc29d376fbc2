// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
public import FerryWire
import NIOCore
import NIOHTTP1

/// A task's records: the one of now, then one for each change, the last one being the end.
///
/// Over lost connections and restarts of the server it reconnects and reads the state anew, so that the end is never
/// missed; where no stream can be had it asks every two seconds. Each iterator is a connection of its own.
public struct TaskUpdates: AsyncSequence, Sendable {
    /// A record.
    public typealias Element = TaskDTO

    /// How often the state is asked for where no stream can be had.
    private static let pollingInterval = Duration.seconds(2)
    /// How many streams in a row may fail without a line before the state is asked for instead.
    private static let maximumFailedStreams = 3

    /// How many times in a row, each with its own retries, the state may be out of reach.
    private static let maximumFailures = 8

    let transport: Transport
    let id: String

    /// Goes through the records.
    public struct AsyncIterator: AsyncIteratorProtocol {
        private let transport: Transport
        private let id: String
        private var merge = TaskMerge()
        private var decoder: LineDecoder
        private var body: HTTPClientResponse.Body.AsyncIterator?
        private var pending: [TaskDTO] = []
        private var failedStreams = 0
        private var failures = 0
        private var isFirst = true
        private var isFinished = false

        fileprivate init(_ updates: TaskUpdates) {
            transport = updates.transport
            id = updates.id
            decoder = LineDecoder(maximumLineLength: updates.transport.configuration.limits.maximumAnswerSize)
        }

        /// The next record; nil after the end.
        ///
        /// - Throws: ``FerryError`` (`notFound`, `unauthorized`, and what concerns the connection once retries are used
        ///   up) and `CancellationError`.
        public mutating func next() async throws -> TaskDTO? {
            while !isFinished {
                if !pending.isEmpty {
                    let task = pending.removeFirst()
                    if task.status.isTerminal {
                        isFinished = true
                        body = nil
                    }
                    return task
                }
                try Task.checkCancellation()
                if failedStreams >= TaskUpdates.maximumFailedStreams {
                    try await poll()
                } else if body == nil {
                    try await connect()
                } else {
                    try await read()
                }
            }
            return nil
        }

        private var address: WebAddress { transport.base.appending(path: Routes.taskStream.path(id)) }

        private mutating func connect() async throws {
            if !isFirst {
                // What happened while nobody listened.
                try await readState()
                guard pending.isEmpty, failures == 0 else { return }
                try await pause(afterFailure: failedStreams)
            }
            isFirst = false
            var request = Transport.Request(method: .GET, address: address, isAuthorized: true)
            request.headers.add(name: "Accept", value: "application/x-ndjson")
            request.headers.add(name: "Cache-Control", value: "no-cache")
            do {
                let response = try await transport.send(request)
                guard response.status.code == 200 else {
                    let failure = await transport.failure(response, from: address)
                    // The state tells more than the stream's refusal: it throws if the task is out of reach.
                    guard failure.isRetryable else {
                        failedStreams = TaskUpdates.maximumFailedStreams
                        return
                    }
                    throw failure
                }
                decoder = LineDecoder(maximumLineLength: decoder.maximumLineLength)
                body = response.body.makeAsyncIterator()
            } catch {
                try Task.checkCancellation()
                failedStreams += 1
            }
        }

        private mutating func read() async throws {
            do {
                guard let chunk = try await body?.next(isolation: #isolation) else {
                    if let rest = decoder.finish() { try take(rest) }
                    body = nil
                    failedStreams += 1
                    return
                }
                for line in try decoder.decode(chunk.readableBytesView) { try take(line) }
            } catch {
                body = nil
                try Task.checkCancellation()
                failedStreams += 1
            }
        }

        private mutating func take(_ line: [UInt8]) throws {
            guard line.contains(where: { $0 > 0x20 }) else { return }
            let parsed = try TaskStreamLine(json: try JSONValue(parsing: line))
            failedStreams = 0
            if let task = try merge.take(parsed) { pending.append(task) }
        }

        private mutating func readState() async throws {
            do {
                let task: TaskDTO = try await transport.call(Routes.getTask, Routes.getTask.path(id))
                failures = 0
                if let task = merge.take(task) { pending.append(task) }
            } catch let error as FerryError where error.isRetryable && failures < TaskUpdates.maximumFailures {
                // A server that restarts must not end the wait for a task that goes on.
                failures += 1
                try await pause(afterFailure: failures)
            }
        }

        private mutating func poll() async throws {
            try await readState()
            if pending.isEmpty, failures == 0 { try await transport.retrier.sleep(TaskUpdates.pollingInterval) }
        }

        private func pause(afterFailure number: Int) async throws {
            let delay = transport.retrier.policy.delay(
                afterAttempt: number, hint: nil, random: transport.retrier.random())
            try await transport.retrier.sleep(delay)
        }
    }

    /// Starts listening.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(self) }
}
