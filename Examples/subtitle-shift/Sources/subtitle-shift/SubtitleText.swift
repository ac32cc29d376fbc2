// SPDX-License-Identifier: Apache-2.0

/// The lines of a subtitle file, those with times understood: `00:01:02,500 --> 00:01:04,000`.
struct SubtitleText {
    /// When a subtitle is shown, in seconds.
    struct Cue: Equatable {
        var begin: Double
        var end: Double
        fileprivate let line: Int
        /// What follows the times, such as WebVTT's settings.
        fileprivate let tail: String
        fileprivate let separator: String
    }

    private(set) var cues: [Cue] = []
    private var lines: [Substring]
    private let lineEnd: String

    init(_ text: String) {
        lineEnd = text.utf8.contains(UInt8(ascii: "\r")) ? "\r\n" : "\n"
        lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        for (number, line) in lines.enumerated() {
            if let cue = Self.cue(line, number) { cues.append(cue) }
        }
    }

    /// The file.
    var text: String { lines.joined(separator: lineEnd) }

    /// Moves a cue; true if it had to begin at 0 instead of earlier.
    mutating func move(_ index: Int, by seconds: Double, stretch: Double) -> Bool {
        let begin = cues[index].begin * stretch + seconds
        cues[index].begin = max(0, begin)
        cues[index].end = max(0, cues[index].end * stretch + seconds)
        let cue = cues[index]
        let times = "\(Self.text(cue.begin, cue.separator)) --> \(Self.text(cue.end, cue.separator))"
        lines[cue.line] = Substring(times + cue.tail)
        return begin < 0
    }

    private static func cue(_ line: Substring, _ number: Int) -> Cue? {
        let words = line.split(separator: " ", maxSplits: 3)
        guard words.count >= 3, words[1] == "-->", let begin = seconds(words[0]), let end = seconds(words[2]) else {
            return nil
        }
        let tail = words.count > 3 ? " \(words[3])" : ""
        return Cue(begin: begin, end: end, line: number, tail: tail, separator: words[0].contains(",") ? "," : ".")
    }

    /// `01:02:03,004` or `02:03.004` in seconds.
    private static func seconds(_ text: Substring) -> Double? {
        let parts = text.replacing(",", with: ".").split(separator: ":", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count) else { return nil }
        var total = 0.0
        for part in parts {
            guard part.first?.isNumber == true, let value = Double(part), value >= 0 else { return nil }
            total = total * 60 + value
        }
        return total.isFinite ? total : nil
    }

    private static func text(_ seconds: Double, _ separator: String) -> String {
        let total = Int((min(seconds, 359_999_999) * 1000).rounded())
        func padded(_ number: Int, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let clock = [total / 3_600_000, total / 60_000 % 60, total / 1000 % 60].map { padded($0, 2) }
        return clock.joined(separator: ":") + separator + padded(total % 1000, 3)
    }
}
