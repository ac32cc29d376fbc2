// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import Subprocess
import SystemPackage

/// Runs a program to its end and passes on its lines as they come.
struct CommandRun: Sendable {
    /// Most bytes of a line; longer ones are cut.
    private static let maximumLine = 4 << 10
    /// How many of the last lines are kept.
    private static let keptLines = 12

    /// Makes both outputs one, and files that anybody may read, whatever the server's own are.
    static let shellPrefix = "umask 022; exec 2>&1 </dev/null; "

    /// What is started: the leader of a session of its own, which says all on its standard output.
    let configuration: Configuration
    /// How long it may take before it is killed with all it started.
    let timeLimit: Duration

    init(configuration: Configuration, timeLimit: Duration) {
        self.configuration = configuration
        self.timeLimit = timeLimit
    }

    /// A program of the server's own choosing, with the server's rights.
    init(
        program: String, arguments: [String], environment: [String: String], folder: String, timeLimit: Duration
    ) {
        var options = PlatformOptions()
        options.createSession = true
        self.init(
            configuration: Configuration(
                executable: .path("/bin/sh"),
                arguments: Arguments(["-c", Self.shellPrefix + #"exec "$@""#, "ferry", program] + arguments),
                environment: .custom(
                    Dictionary(uniqueKeysWithValues: environment.map { (Environment.Key(stringLiteral: $0), $1) })),
                workingDirectory: FilePath(folder), platformOptions: options),
            timeLimit: timeLimit)
    }

    struct Outcome: Sendable {
        let isSuccess: Bool
        let isLate: Bool
        /// The last lines of what it said on both outputs.
        let lastLines: [String]
    }

    func run(line: @escaping @Sendable (String) async -> Void) async throws -> Outcome {
        let outcome = try await Subprocess.run(
            configuration, input: .none, output: .sequence, error: .discarded
        ) { execution in
            let group = ProcessGroup(leader: execution.processIdentifier.value)
            let result = await read(execution.standardOutput, group, line)
            group.kill()
            return result
        }
        let (lines, isLate) = outcome.closureResult
        return Outcome(
            isSuccess: outcome.terminationStatus.isSuccess && !isLate, isLate: isLate, lastLines: lines)
    }

    private enum Part: Sendable {
        case lines([String])
        case late
        case cancelled
    }

    private func read(
        _ output: SubprocessOutputSequence, _ group: ProcessGroup, _ line: @escaping @Sendable (String) async -> Void
    ) async -> ([String], isLate: Bool) {
        var last: [String] = []
        var isLate = false
        await withTaskGroup(of: Part.self) { parts in
            parts.addTask {
                var cutter = LogLineCutter(maximumLength: Self.maximumLine)
                var kept: [String] = []
                func take(_ text: String) async {
                    kept.append(text)
                    if kept.count > Self.keptLines { kept.removeFirst() }
                    await line(text)
                }
                do {
                    for try await chunk in output {
                        for text in cutter.lines(in: chunk.withUnsafeBytes { Array($0) }) { await take(text) }
                    }
                } catch {
                    // The pipe is gone; what came is judged as it stands.
                }
                if let rest = cutter.finish() { await take(rest) }
                return .lines(kept)
            }
            parts.addTask {
                guard (try? await Task.sleep(for: timeLimit)) != nil else { return .cancelled }
                group.kill()
                return .late
            }
            for await part in parts {
                switch part {
                case .lines(let lines):
                    last = lines
                    _ = await group.waitForExit(upTo: .seconds(5))
                    parts.cancelAll()
                case .late: isLate = true
                case .cancelled: group.kill()
                }
            }
        }
        return (last, isLate)
    }
}
