// SPDX-License-Identifier: Apache-2.0

import FerryClient

/// Calls an app that gives back what it gets, one call after the other, and prints the times as one line of JSON, in
/// milliseconds.
///
/// Usage: `call-overhead-benchmark APP CALLS`, with the server's address and key in the environment.
@main enum CallOverheadBenchmark {
    /// Calls before the first that counts: the app's process starts, connections open.
    private static let warmUp = 20

    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 3, let calls = Int(arguments[2]), calls > 0 else {
            throw FerryError(.invalidInput, "give an app and the number of calls")
        }
        try await withFerry { ferry in
            var times: [Duration] = []
            let clock = ContinuousClock()
            for number in 0..<warmUp + calls {
                let begin = clock.now
                let result = try await ferry.tasks.run(app: arguments[1], input: ["number": .integer(Int64(number))])
                let time = clock.now - begin
                guard result.output["number"] == .integer(Int64(number)) else {
                    throw FerryError(.invalidInput, "the app gave back another number")
                }
                if number >= warmUp { times.append(time) }
            }
            times.sort()
            let values = [("median", 50), ("p90", 90), ("p99", 99)].map { name, percent in
                "\"\(name)\": \(milliseconds(times[min(times.count - 1, times.count * percent / 100)]))"
            }
            print("{\(values.joined(separator: ", ")), \"calls\": \(times.count)}")
        }
    }

    private static func milliseconds(_ duration: Duration) -> Double {
        let (seconds, attoseconds) = duration.components
        return Double(seconds) * 1000 + Double(attoseconds / 1_000_000_000_000) / 1000
    }
}
