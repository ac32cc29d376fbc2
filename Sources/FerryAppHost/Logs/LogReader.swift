// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import NIOCore

/// Reads what a worker prints, and gives it to the task it belongs to.
struct LogReader: Sendable {
    let limits: AppHostLimits
    let marker: LogMarker
    let listener: WorkerListener

    /// Returns when nothing more can come.
    func read(_ log: NIOAsyncChannelInboundStream<ByteBuffer>) async {
        var cutter = LogLineCutter(maximumLength: limits.maximumLogLine)
        var splitter = MarkerSplitter(word: marker.word)
        do {
            for try await chunk in log {
                for part in splitter.parts(of: Array(chunk.readableBytesView)) {
                    switch part {
                    case .text(let bytes): await take(bytes, &cutter)
                    case .marker:
                        await finish(&cutter)
                        marker.arrive()
                    }
                }
            }
        } catch {
            // The pipe is gone; the log ends here.
        }
        await take(splitter.rest, &cutter)
        await finish(&cutter)
    }

    private func take(_ bytes: [UInt8], _ cutter: inout LogLineCutter) async {
        guard !bytes.isEmpty else { return }
        guard let audience = listener.current else {
            // Nobody's: the worker is idle.
            cutter = LogLineCutter(maximumLength: limits.maximumLogLine)
            return
        }
        // What will be dropped need not be read; its last lines may be asked for.
        let wanted = audience.log.isFull ? Array(bytes.suffix(4 << 10)) : bytes
        await audience.write(cutter.lines(in: wanted))
    }

    private func finish(_ cutter: inout LogLineCutter) async {
        guard let rest = cutter.finish() else { return }
        await listener.current?.write([rest])
    }
}

/// Takes a word out of a stream of bytes. Pure; holds less than the word.
struct MarkerSplitter: Sendable {
    enum Part: Sendable, Hashable {
        case text([UInt8])
        case marker
    }

    let word: [UInt8]
    /// What could be the beginning of the word.
    private(set) var rest: [UInt8] = []

    init(word: [UInt8]) { self.word = word }

    mutating func parts(of chunk: [UInt8]) -> [Part] {
        var bytes = rest + chunk
        rest = []
        var parts: [Part] = []
        var from = 0
        while let start = bytes[from...].firstIndex(of: word[0]) {
            let candidate = bytes[start...].prefix(word.count)
            if candidate.elementsEqual(word) {
                if start > 0 { parts.append(.text(Array(bytes[..<start]))) }
                parts.append(.marker)
                bytes.removeFirst(start + word.count)
                from = 0
            } else if candidate.count < word.count, word.starts(with: candidate) {
                rest = Array(candidate)
                bytes.removeLast(candidate.count)
                break
            } else {
                from = start + 1
            }
        }
        if !bytes.isEmpty { parts.append(.text(bytes)) }
        return parts
    }
}
