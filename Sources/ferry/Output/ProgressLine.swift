// SPDX-License-Identifier: Apache-2.0

import FerryClient

/// The progress of some transfers as one line. Pure: the time comes from outside.
struct ProgressLine: Sendable {
    /// What one transfer told last.
    private struct Part: Sendable {
        var name: String
        var progress: TransferProgress
        var isDone = false
    }

    private let verb: String
    private let count: Int
    private var parts: [Int: Part] = [:]
    private var rate = 0.0
    private var measured: (time: Duration, bytes: Int64)?

    /// Weight of the newest measurement in the rate.
    private static let smoothing = 0.3
    /// Shortest time between measurements of the rate.
    private static let measuringInterval = Duration.milliseconds(250)
    private static let barWidth = 24

    /// The line of so many transfers.
    init(verb: String, count: Int) {
        self.verb = verb
        self.count = count
    }

    /// Takes in what a transfer tells.
    mutating func update(_ index: Int, name: String, _ progress: TransferProgress, at time: Duration) {
        parts[index] = Part(name: name, progress: progress)
        guard let last = measured else {
            measured = (time, sent)
            return
        }
        let passed = time - last.time
        guard passed >= Self.measuringInterval else { return }
        let seconds = Double(passed.components.seconds) + Double(passed.components.attoseconds) / 1e18
        let current = max(0, Double(sent - last.bytes)) / seconds
        rate = rate == 0 ? current : rate * (1 - Self.smoothing) + current * Self.smoothing
        measured = (time, sent)
    }

    /// A transfer has ended.
    mutating func finish(_ index: Int) { parts[index]?.isDone = true }

    private var sent: Int64 { parts.values.reduce(0) { $0 + $1.progress.sent } }

    /// Bytes of all transfers; nil while one is not known.
    private var total: Int64? {
        guard parts.count == count else { return nil }
        var sum: Int64 = 0
        for part in parts.values {
            guard let total = part.progress.total else { return nil }
            sum += total
        }
        return sum
    }

    private var subject: String {
        let active = parts.values.filter { !$0.isDone }
        if count == 1, let only = parts.values.first { return only.name }
        let done = parts.count - active.count
        return "\(done) of \(count) files"
    }

    /// The line, cut to the terminal's width.
    func text(columns: Int, colour: Bool) -> String {
        var details = "  \(ByteSize.text(sent))"
        var bar = ""
        if let total {
            let fraction = total == 0 ? 1 : min(1, Double(sent) / Double(total))
            let filled = Int(fraction * Double(Self.barWidth))
            let full = String(repeating: "=", count: filled)
            let rest = String(repeating: " ", count: Self.barWidth - filled)
            bar = "  [\(colour ? "\u{1B}[32m\(full)\u{1B}[0m" : full)\(rest)] \(Int(fraction * 100))%"
            details += " of \(ByteSize.text(total))"
        }
        if rate >= 1 {
            details += "  \(ByteSize.text(Int64(rate)))/s"
            if let total, total > sent { details += "  ETA \(Self.clock(Double(total - sent) / rate))" }
        }
        let plainBar = bar.isEmpty ? 0 : Self.barWidth + 9
        let room = columns - 1 - details.utf8.count - plainBar - verb.utf8.count - 1
        if room < 4 {
            let short = "\(verb)\(details)"
            return String(short.prefix(max(0, columns - 1)))
        }
        return "\(verb) \(Self.cut(Printable.line(subject), to: room))\(bar)\(details)"
    }

    private static func cut(_ text: String, to columns: Int) -> String {
        guard Table.width(text) > columns else { return text }
        var short = text
        while Table.width(short) > columns - 1, !short.isEmpty { short.removeLast() }
        return short + "…"
    }

    /// Seconds as `m:ss` or `h:mm:ss`.
    static func clock(_ seconds: Double) -> String {
        let whole = Int64(min(max(0, seconds), 359_999).rounded(.up))
        func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let hours = whole / 3600
        let minutes = whole / 60 % 60
        return hours > 0 ? "\(hours):\(two(minutes)):\(two(whole % 60))" : "\(minutes):\(two(whole % 60))"
    }
}
