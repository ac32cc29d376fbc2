// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation

/// One kind of work on one input, ours and Foundation's in turns; of each the best round counts.
struct Measurement {
    private let name: String
    /// Bytes of input of one pass.
    private let size: Int
    private let ours: () -> Int
    private let theirs: () -> Int

    private static let rounds = 7
    /// Shortest round, in nanoseconds.
    private static let shortest: UInt64 = 20_000_000

    /// Prints `NAME ours SIZE GB/s` and `NAME foundation SIZE GB/s`.
    func run() {
        // How often a pass fits into a round, by the clock; it warms up, too.
        let passes = (count(ours), count(theirs))
        var best = (Double.zero, Double.zero)
        for _ in 0..<Self.rounds {
            best.0 = max(best.0, rate(ours, passes.0))
            best.1 = max(best.1, rate(theirs, passes.1))
        }
        print(name, "ours", size, best.0)
        print(name, "foundation", size, best.1)
    }

    private func count(_ work: () -> Int) -> Int {
        var passes = 1
        while nanoseconds(work, passes) < Self.shortest { passes *= 2 }
        return passes
    }

    private func rate(_ work: () -> Int, _ passes: Int) -> Double {
        Double(size * passes) / Double(nanoseconds(work, passes))
    }

    private func nanoseconds(_ work: () -> Int, _ passes: Int) -> UInt64 {
        var sum = 0
        let begin = DispatchTime.now().uptimeNanoseconds
        for _ in 0..<passes { sum &+= work() }
        let end = DispatchTime.now().uptimeNanoseconds
        // The sizes of the results; without a use of them there would be no work.
        precondition(sum > 0, "a decoder gave nothing")
        return max(1, end - begin)
    }
}

// MARK: - What is measured

extension Measurement {
    static var all: [Measurement] {
        [64 << 10, 1 << 20, 16 << 20].flatMap { [decoding($0), encoding($0)] }
            + [0, 10, 100].map { percent(escapes: $0) }
    }

    private static func randomBytes(_ count: Int) -> [UInt8] {
        var state: UInt64 = 1
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 56)
        }
    }

    private static func decoding(_ size: Int) -> Measurement {
        let text = Array(Data(randomBytes(size / 4 * 3)).base64EncodedString().utf8)
        let data = Data(text)
        precondition(Base64.decode(strict: text).map { Data($0) } == Data(base64Encoded: data), "results differ")
        return Measurement(
            name: "base64-decode", size: text.count,
            ours: { Base64.decode(strict: text)?.count ?? 0 },
            theirs: { Data(base64Encoded: data)?.count ?? 0 })
    }

    private static func encoding(_ size: Int) -> Measurement {
        let bytes = randomBytes(size)
        let data = Data(bytes)
        precondition(Base64.encode(bytes) == data.base64EncodedString(), "results differ")
        return Measurement(
            name: "base64-encode", size: size,
            ours: { Base64.encode(bytes).utf8.count },
            theirs: { data.base64EncodedString().utf8.count })
    }

    /// Of 100 characters so many are escaped.
    private static func percent(escapes: Int) -> Measurement {
        let letters = randomBytes(512 << 10).enumerated().map { index, byte in
            index * 37 % 100 < escapes ? "%" + [byte & 0x7F].hexadecimal : "a"
        }
        let text = letters.joined()
        let ours: String? = PercentEncoding.decode(text)
        precondition(ours == text.removingPercentEncoding, "results differ")
        return Measurement(
            name: "percent-decode-\(escapes)", size: text.utf8.count,
            ours: {
                let decoded: String? = PercentEncoding.decode(text)
                return decoded?.utf8.count ?? 0
            },
            theirs: { text.removingPercentEncoding?.utf8.count ?? 0 })
    }
}
