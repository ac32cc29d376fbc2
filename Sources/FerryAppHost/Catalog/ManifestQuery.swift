// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Subprocess

/// Asks a program what its apps are, by running it with `describe`.
struct ManifestQuery: Sendable {
    /// Most bytes of a failed program's words.
    private static let maximumLog = 4 << 10

    let program: String
    let folder: WorkerFolder
    let launcher: AppLauncher
    let limits: AppHostLimits

    enum Answer: Sendable {
        case text([UInt8])
        /// In words that go on after the program's name, and what it said itself.
        case failure(String, log: String)
    }

    private enum Part: Sendable {
        case output([UInt8], isComplete: Bool)
        case log([UInt8])
        case late
    }

    /// - Throws: if the program could not be started.
    func run() async throws -> Answer {
        let configuration = launcher.configuration(program: program, arguments: ["describe"], folder: folder)
        let outcome = try await Subprocess.run(
            configuration, input: .none, output: .sequence, error: .sequence
        ) { execution in
            let group = ProcessGroup(leader: execution.processIdentifier.value)
            let parts = await read(execution.standardOutput, execution.standardError, group)
            _ = await group.waitForExit(upTo: limits.exitTime)
            group.kill()
            return parts
        }
        let parts = outcome.closureResult
        let log = String(decoding: parts.log, as: UTF8.self)
        if parts.isLate { return .failure("did not answer within \(limits.startTime.inSeconds)", log: log) }
        guard parts.isComplete else { return .failure("says too much of its apps", log: log) }
        switch outcome.terminationStatus {
        case .exited(0): return .text(parts.output)
        case .exited(let code): return .failure("ended with exit code \(code)", log: log)
        case .signaled(let signal): return .failure("ended with signal \(signal)", log: log)
        }
    }

    private struct Parts: Sendable {
        var output: [UInt8] = []
        var log: [UInt8] = []
        var isComplete = true
        var isLate = false
    }

    private func read(
        _ output: SubprocessOutputSequence, _ error: SubprocessOutputSequence, _ group: ProcessGroup
    ) async -> Parts {
        var parts = Parts()
        await withTaskGroup(of: Part.self) { tasks in
            tasks.addTask {
                let (bytes, isComplete) = await collect(output, upTo: limits.maximumManifests)
                // More than is allowed: nobody reads on, so the program would wait for ever.
                if !isComplete { group.kill() }
                return .output(bytes, isComplete: isComplete)
            }
            tasks.addTask { .log(await collect(error, upTo: Self.maximumLog, discardingRest: true).bytes) }
            tasks.addTask {
                guard (try? await Task.sleep(for: limits.startTime)) != nil else { return .log([]) }
                group.kill()
                return .late
            }
            var open = 2
            for await part in tasks {
                switch part {
                case .output(let bytes, let isComplete):
                    parts.output = bytes
                    parts.isComplete = isComplete
                    open -= 1
                case .log(let bytes):
                    parts.log = bytes
                    open -= 1
                case .late: parts.isLate = true
                }
                if open == 0 { break }
            }
            tasks.cancelAll()
        }
        return parts
    }

    private func collect(
        _ sequence: SubprocessOutputSequence, upTo limit: Int, discardingRest: Bool = false
    ) async -> (bytes: [UInt8], isComplete: Bool) {
        var bytes: [UInt8] = []
        do {
            for try await chunk in sequence {
                let room = limit - bytes.count
                chunk.withUnsafeBytes { bytes.append(contentsOf: $0.prefix(room)) }
                if chunk.count > room, !discardingRest { return (bytes, false) }
            }
        } catch {
            // The pipe is gone; what came is judged as it stands.
        }
        return (bytes, true)
    }
}
