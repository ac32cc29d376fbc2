// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import NIOCore

/// Reads what a worker says: passes events on and signals what moves its life.
struct ReplyReader: Sendable {
    let limits: AppHostLimits
    let listener: WorkerListener
    let signal: @Sendable (WorkerLifecycle.Signal) -> Void

    /// Returns when nothing more can come. What follows a breach of the protocol is read and dropped.
    func read(_ output: NIOAsyncChannelInboundStream<ByteBuffer>) async {
        var decoder = LineDecoder(maximumLineLength: limits.maximumLine)
        var isListening = true
        do {
            for try await chunk in output {
                guard isListening else { continue }
                do throws(LineDecoder.LineTooLong) {
                    for line in try decoder.decode(chunk.readableBytesView) where !line.isEmpty && isListening {
                        isListening = await hear(line)
                    }
                } catch {
                    signal(.broke("a line of more than \(error.limit) bytes"))
                    isListening = false
                }
            }
        } catch {
            // The pipe is gone, which is what the end of this function says.
        }
    }

    /// Acts on one line; false when no more lines are wanted.
    private func hear(_ line: [UInt8]) async -> Bool {
        let reply: WorkerReply
        do throws(ProtocolBreach) {
            reply = try WorkerReply(line: line, limits: JSONLimits(maximumBytes: limits.maximumLine))
        } catch {
            signal(.broke(LogLineCutter.cut(error.reason, to: limits.maximumMessage)))
            return false
        }
        switch reply {
        case .hello(let version): signal(.greeted(protocol: version))
        case .ready: signal(.ready)
        case .setupFailed(_, let message): signal(.setupFailed(words(message, or: "the app's setup failed")))
        case .unknown: break
        case .progress(let task, let fraction, let message):
            let text = message.map { LogLineCutter.cut($0, to: limits.maximumMessage) }
            await audience(of: task)?.deliver(.progress(fraction: fraction, message: text))
        case .log(let task, let level, let message):
            let hearer = task.map { audience(of: $0) } ?? listener.current
            await hearer?.write(level == "info" ? message : "\(LogLineCutter.cut(level, to: 32)): \(message)")
        case .partial(let task, let output):
            await pass(output, called: "a partial output", to: audience(of: task)) { .partial($0) }
        case .delta(let task, let delta):
            await pass(delta, called: "an increment of the answer", to: audience(of: task)) { .delta($0) }
        case .result(let task, let output):
            let size = output.serialized().count
            return end(task, size <= limits.maximumOutput ? .result(output) : .failure(tooLarge(size)))
        case .error(let task, _, let message):
            return end(task, .failure(words(message, or: "the app failed without saying why")))
        case .cancelled(let task): return end(task, .cancelled)
        }
        return true
    }

    /// Who hears of a task; nobody once it is over, as what an app still says of it harms nobody.
    private func audience(of task: String) -> Audience? {
        guard let audience = listener.current, audience.task?.utf8.elementsEqual(task.utf8) == true else { return nil }
        return audience
    }

    private func end(_ task: String, _ ending: TaskConversation.Ending) -> Bool {
        if let current = listener.current?.task, !current.utf8.elementsEqual(task.utf8) {
            signal(.broke("the end of another task"))
            return false
        }
        signal(.task(.finished(ending)))
        return true
    }

    private func words(_ message: String, or others: String) -> String {
        LogLineCutter.cut(message.isEmpty ? others : message, to: limits.maximumMessage)
    }

    private func pass(
        _ output: JSONValue, called name: String, to audience: Audience?, as event: (JSONValue) -> AppEvent
    ) async {
        let size = output.serialized().count
        guard size <= limits.maximumOutput else {
            await audience?.write("\(name) was dropped: \(tooLarge(size))")
            return
        }
        await audience?.deliver(event(output))
    }

    private func tooLarge(_ size: Int) -> String {
        "the output is \(size) bytes of JSON, more than the \(limits.maximumOutput) allowed; "
            + "lines of streams to clients must stay under 512 KiB, so large data belongs into files"
    }
}
