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

    /// The line, made to fit the terminal's width: first the bar shrinks and goes, then the name is cut.
    func text(columns: Int, colour: Bool) -> String {
        var tail = "  \(ByteSize.text(sent))"
        var fraction: Double?
        if let total {
            let part = total == 0 ? 1 : min(1, Double(sent) / Double(total))
            fraction = part
            tail = "  \(Int(part * 100))%\(tail) of \(ByteSize.text(total))"
        }
        if rate >= 1 {
            tail += "  \(ByteSize.text(Int64(rate)))/s"
            if let total, total > sent { tail += "  ETA \(Self.clock(Double(total - sent) / rate))" }
        }
        let room = columns - 1 - tail.utf8.count
        let subject = Printable.line(self.subject)
        let free = room - verb.utf8.count - 1 - Table.width(subject)
        if let fraction, free >= Self.shortestBar + Self.barFrame {
            let width = min(Self.longestBar, free - Self.barFrame)
            return "\(verb) \(subject)\(Self.bar(fraction, width: width, colour: colour))\(tail)"
        }
        guard room - verb.utf8.count - 1 >= 4 else { return String((verb + tail).prefix(max(0, columns - 1))) }
        return "\(verb) \(Self.cut(subject, to: room - verb.utf8.count - 1))\(tail)"
    }

    private static let shortestBar = 6
    private static let longestBar = 30
    /// Columns of the bar's brackets and of the space before them.
    private static let barFrame = 3

    private static func bar(_ fraction: Double, width: Int, colour: Bool) -> String {
        let filled = Int(fraction * Double(width))
        let full = String(repeating: "=", count: filled)
        let rest = String(repeating: " ", count: width - filled)
        return " [\(colour ? "\u{1B}[32m\(full)\u{1B}[0m" : full)\(rest)]"
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
