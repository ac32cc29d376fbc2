// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation

/// Run by `Benchmarks/text-decoding`, which says what it is for.
///
///     text-decoding-benchmark measure    one line a measurement: what, whose, bytes of input, GB/s
///     text-decoding-benchmark decode     reads lines of `FORM HEX`, answers `OURS FOUNDATION` in hexadecimal, `-` for a
///                                        refusal, `?` where Foundation has no such decoder
@main
struct TextDecodingBenchmark {
    static func main() {
        switch CommandLine.arguments.dropFirst().first {
        case "measure":
            for measurement in Measurement.all { measurement.run() }
        case "decode":
            while let line = readLine() { print(Comparison.answer(to: line)) }
        default:
            FileHandle.standardError.write(Data("usage: text-decoding-benchmark measure|decode\n".utf8))
            exit(64)
        }
    }
}
