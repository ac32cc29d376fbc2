// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import Subprocess

/// Reads what a worker says: passes events on and signals what moves the conversation.
struct ReplyReader: Sendable {
    /// Most bytes still read once all is over; more than a pipe holds. Something that left the process group could
    /// write for ever.
    static let maximumLateBytes = 1 << 20

    let job: AppJob
    let limits: AppHostLimits
    let log: TaskLog
    let gate: EventGate
    let inbox: AsyncStream<TaskConversation.Signal>.Continuation

    /// Returns when nothing more can come. What follows the end of the task is read and dropped.
    func read(_ output: SubprocessOutputSequence, isOver: Flag) async {
        var decoder = LineDecoder(maximumLineLength: limits.maximumLine)
        var isListening = true
        var late = 0
        do {
            for try await chunk in output {
                if isOver.isRaised {
                    isListening = false
                    late += chunk.count
                    if late > Self.maximumLateBytes { return }
                }
                guard isListening else { continue }
                do throws(LineDecoder.LineTooLong) {
                    for line in try decoder.decode(chunk.withUnsafeBytes { Array($0) }) where !line.isEmpty {
                        isListening = await hear(line)
                        if !isListening { break }
                    }
                } catch {
                    inbox.yield(.broke("a line of more than \(error.limit) bytes"))
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
            reply = try WorkerReply(
                line: line, task: job.taskID, limits: JSONLimits(maximumBytes: limits.maximumLine))
        } catch {
            inbox.yield(.broke(LogLineCutter.cut(error.reason, to: limits.maximumMessage)))
            return false
        }
        switch reply {
        case .hello(let version):
            inbox.yield(.greeted(protocol: version))
        case .unknown:
            break
        case .progress(let fraction, let message):
            let text = message.map { LogLineCutter.cut($0, to: limits.maximumMessage) }
            await gate.deliver(.progress(fraction: fraction, message: text))
        case .log(let level, let message):
            await write(level == "info" ? message : "\(LogLineCutter.cut(level, to: 32)): \(message)")
        case .partial(let output):
            await pass(output)
        case .result(let output):
            let size = output.serialized().count
            inbox.yield(.finished(size <= limits.maximumOutput ? .result(output) : .failure(tooLarge(size))))
            return false
        case .error(_, let message):
            let text = message.isEmpty ? "the app failed without saying why" : message
            inbox.yield(.finished(.failure(LogLineCutter.cut(text, to: limits.maximumMessage))))
            return false
        case .cancelled:
            inbox.yield(.finished(.cancelled))
            return false
        }
        return true
    }

    private func write(_ message: String) async {
        var cutter = LogLineCutter(maximumLength: limits.maximumLogLine)
        var lines = cutter.lines(in: Array(message.utf8))
        if let rest = cutter.finish() { lines.append(rest) }
        if let text = log.admit(lines) { await gate.deliver(.log(text)) }
    }

    private func pass(_ output: JSONValue) async {
        let size = output.serialized().count
        guard size <= limits.maximumOutput else {
            await write("a partial output was dropped: \(tooLarge(size))")
            return
        }
        await gate.deliver(.partial(output))
    }

    private func tooLarge(_ size: Int) -> String {
        "the output is \(size) bytes of JSON, more than the \(limits.maximumOutput) allowed; "
            + "lines of streams to clients must stay under 512 KiB, so large data belongs into files"
    }
}
