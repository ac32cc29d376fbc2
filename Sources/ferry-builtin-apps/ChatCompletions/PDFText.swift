// SPDX-License-Identifier: Apache-2.0

import FerryApp
import Subprocess
import SystemPackage

#if canImport(Musl)
import Musl
#elseif canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The text of a PDF, by the program `pdftotext` if the machine has it.
struct PDFText: Sendable {
    /// How it went.
    enum Outcome: Sendable, Hashable {
        case text(String, isCut: Bool)
        /// There is no such program.
        case missing
        /// In words that go on after a colon.
        case failed(String)
    }

    private enum Part: Sendable {
        case output([UInt8], isCut: Bool)
        case late
    }

    let limits: ChatCompletionLimits
    /// Where the program is looked for, folders joined by colons.
    let searchPath: String

    init(limits: ChatCompletionLimits, searchPath: String? = nil) {
        self.limits = limits
        let variable: String? = getenv("PATH").map { String(cString: $0) }
        self.searchPath = searchPath ?? variable ?? "/usr/local/bin:/usr/bin:/bin"
    }

    /// - Throws: `CancellationError`.
    func read(_ path: String) async throws -> Outcome {
        let folders = searchPath.utf8.split(separator: UInt8(ascii: ":")).map { String(Substring($0)) }
        guard let folder = folders.first(where: { access("\($0)/pdftotext", X_OK) == 0 }) else {
            return .missing
        }
        let outcome: Outcome
        do {
            outcome = try await run("\(folder)/pdftotext", on: path)
        } catch {
            outcome = .failed("pdftotext could not be started")
        }
        try Task.checkCancellation()
        return outcome
    }

    private func run(_ program: String, on path: String) async throws -> Outcome {
        let configuration = Configuration(
            executable: .path(FilePath(program)), arguments: ["-q", "-enc", "UTF-8", path, "-"],
            // Nothing of this process's own environment, which holds the key.
            environment: .custom(["PATH": searchPath, "LANG": "C.UTF-8"]))
        let result = try await Subprocess.run(
            configuration, input: .none, output: .sequence, error: .discarded
        ) { execution in
            await collect(execution.standardOutput) { try? execution.send(signal: .kill) }
        }
        switch result.closureResult {
        case .late: return .failed("pdftotext took longer than \(limits.pdfTime.components.seconds) s")
        case .output(let bytes, let isCut):
            guard isCut || result.terminationStatus.isSuccess else { return .failed("it is damaged or protected") }
            // Form feeds part the pages.
            let text = String(decoding: bytes, as: UTF8.self).replacing("\u{C}", with: "\n")
            return .text(text, isCut: isCut)
        }
    }

    private func collect(_ output: SubprocessOutputSequence, kill: @escaping @Sendable () -> Void) async -> Part {
        await withTaskGroup(of: Part.self) { parts in
            parts.addTask {
                var bytes: [UInt8] = []
                do {
                    for try await chunk in output {
                        let room = limits.textBytes - bytes.count
                        chunk.withUnsafeBytes { bytes.append(contentsOf: $0.prefix(room)) }
                        if chunk.count > room {
                            kill()
                            return .output(bytes, isCut: true)
                        }
                    }
                } catch {
                    // The pipe is gone; the exit code says whether that was the end.
                }
                return .output(bytes, isCut: false)
            }
            parts.addTask {
                try? await Task.sleep(for: limits.pdfTime)
                kill()
                return .late
            }
            defer { parts.cancelAll() }
            return await parts.next() ?? .late
        }
    }
}
