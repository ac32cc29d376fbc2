// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import NIOPosix
import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A Python that is installed here and can make virtual environments.
struct PythonInterpreter: Sendable, Hashable {
    /// The program, without links.
    let path: String
    /// As `3.11.7`.
    let version: String
    /// The second number of the version.
    let minor: Int
    /// Where its libraries are.
    let prefix: String
}

/// Finds Pythons: those of the system first, then those on the server's `PATH`, then pyenv's.
actor PythonInterpreters {
    /// The oldest version that apps run with, 3.10.
    static let oldestMinor = 10
    /// The newest version that is looked for, 3.19.
    static let newestMinor = 19

    private static let question = """
        import ensurepip, os, platform, sys, venv
        print("\\t".join(["ferry", os.path.realpath(sys.executable), platform.python_version(), \
        str(sys.version_info[1]), os.path.realpath(sys.base_prefix)]))
        """

    private let environment: [String: String]
    private let threadPool: NIOThreadPool
    private var asked: [String: PythonInterpreter?] = [:]

    /// - Parameter environment: the server's own, for `PATH`, `HOME` and `PYENV_ROOT`.
    init(environment: [String: String], threadPool: NIOThreadPool) {
        self.environment = environment
        self.threadPool = threadPool
    }

    /// The Python of that minor version, else of the nearest one that is here, the newer of two.
    ///
    /// - Throws: ``AppFolderProblem`` if there is none.
    func nearest(to minor: Int?) async throws -> PythonInterpreter {
        let wanted = minor ?? 12
        let candidates = try await candidates()
        let order = (Self.oldestMinor...Self.newestMinor).sorted { first, second in
            let (a, b) = (abs(first - wanted), abs(second - wanted))
            return a == b ? first > second : a < b
        }
        for version in order {
            for path in candidates[version] ?? [] {
                if let found = try await ask(path), found.minor == version { return found }
            }
        }
        for path in candidates[0] ?? [] {
            if let found = try await ask(path), found.minor >= Self.oldestMinor { return found }
        }
        throw AppFolderProblem(
            "this server has no Python of 3.\(Self.oldestMinor) or newer with venv; install python3 and python3-venv")
    }

    /// Paths by minor version; 0 for those whose name does not tell.
    private func candidates() async throws -> [Int: [String]] {
        let environment = environment
        return try await threadPool.runIfActive {
            var folders = ["/usr/local/bin", "/usr/bin"]
            folders += (environment["PATH"] ?? "").split(separator: ":").map(String.init)
            if let root = environment["PYENV_ROOT"] ?? environment["HOME"].map({ $0 + "/.pyenv" }) {
                let versions = (try? Folders.names(in: root + "/versions", upTo: 1000)) ?? []
                folders += versions.reversed().map { "\(root)/versions/\($0)/bin" }
            }
            var found: [Int: [String]] = [:]
            for folder in folders where folder.utf8.first == UInt8(ascii: "/") {
                for minor in Self.oldestMinor...Self.newestMinor {
                    let path = "\(folder)/python3.\(minor)"
                    if access(path, X_OK) == 0 { found[minor, default: []].append(path) }
                }
                if access("\(folder)/python3", X_OK) == 0 { found[0, default: []].append("\(folder)/python3") }
            }
            return found
        }
    }

    private func ask(_ path: String) async throws -> PythonInterpreter? {
        if let known = asked[path] { return known }
        var variables = environment.filter { ["PATH", "HOME", "PYENV_ROOT"].contains($0.key) }
        variables["LANG"] = "C.UTF-8"
        let answer = Mutex<PythonInterpreter?>(nil)
        let run = CommandRun(
            program: path, arguments: ["-I", "-c", Self.question], environment: variables, folder: "/",
            timeLimit: .seconds(30))
        let outcome = try await run.run { line in
            let parts = line.split(separator: "\t").map(String.init)
            guard parts.count == 5, parts[0] == "ferry", let minor = Int(parts[3]) else { return }
            answer.withLock {
                $0 = PythonInterpreter(path: parts[1], version: parts[2], minor: minor, prefix: parts[4])
            }
        }
        let found = outcome.isSuccess ? answer.withLock { $0 } : nil
        asked[path] = .some(found)
        return found
    }
}
