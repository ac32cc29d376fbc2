// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import NIOPosix

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Virtual environments of Python apps, each made once, where it stays: they cannot be moved.
///
/// What `pip` installs runs code of its authors with the server's rights while it is built, as with any installation;
/// it gets the settings of `pip`, of proxies and certificates, and nothing else of the server's environment.
actor PythonEnvironments {
    /// Says that an environment is whole.
    private static let marker = "ferry-complete"
    /// How long another process's lock is looked at again and again.
    private static let lockPause = Duration.milliseconds(200)

    private let root: String
    private let environment: [String: String]
    private let timeLimit: Duration
    private let threadPool: NIOThreadPool
    private var builds: [String: EnvironmentBuild] = [:]

    /// - Parameters:
    ///   - root: the folder of all environments.
    ///   - environment: the server's own, for the settings of `pip`.
    ///   - timeLimit: how long a making may take.
    init(root: String, environment: [String: String], timeLimit: Duration, threadPool: NIOThreadPool) {
        self.root = root
        self.environment = environment
        self.timeLimit = timeLimit
        self.threadPool = threadPool
    }

    /// Where the environment is, or will be.
    nonisolated func path(of recipe: PythonRecipe) -> String { "\(root)/\(recipe.name)" }

    /// Whether it is whole.
    func isReady(_ recipe: PythonRecipe) async throws -> Bool {
        let marker = "\(path(of: recipe))/\(Self.marker)"
        return try await threadPool.runIfActive { access(marker, F_OK) == 0 }
    }

    /// Makes the environment unless it is there.
    ///
    /// - Parameter log: gets the lines of the making, those before the call too if it goes on already.
    /// - Throws: ``AppFolderProblem`` with the last lines of `pip`; `CancellationError`. The next call tries again.
    func make(_ recipe: PythonRecipe, log: @Sendable (String) async -> Void) async throws {
        if try await isReady(recipe) { return }
        let build: EnvironmentBuild
        if let running = builds[recipe.name], running.work.result == nil {
            build = running
        } else {
            let lines = BuildLines()
            build = EnvironmentBuild(
                lines: lines,
                work: SharedWork { [self] in
                    defer { lines.finish() }
                    try await construct(recipe) { lines.append($0) }
                })
            builds[recipe.name] = build
        }
        for await line in build.lines.follow() { await log(line) }
        try await build.work.value()
    }

    private nonisolated func construct(_ recipe: PythonRecipe, line: @escaping @Sendable (String) -> Void) async throws
    {
        let path = path(of: recipe)
        do {
            let lock = try await lock(path)
            defer { withExtendedLifetime(lock) {} }
            if try await isReady(recipe) { return }
            try await threadPool.runIfActive { [root] in
                try Folders.make(root, mode: 0o755)
                // Of a making that died.
                Folders.remove(path)
                try Folders.make("\(root)/.home", mode: 0o700)
            }
            line("making a Python \(recipe.interpreter.version) environment for \(recipe.reference)")
            let deadline = ContinuousClock.now + timeLimit
            try await run(recipe.interpreter.path, ["-m", "venv", path], recipe, deadline, line)
            try await run(
                "\(path)/bin/python",
                ["-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
                    + recipe.packages, recipe, deadline, line)
            try await threadPool.runIfActive { try Folders.put([], to: "\(path)/\(Self.marker)", mode: 0o644) }
            line("the environment is ready")
        } catch let error as SystemFailure {
            throw AppFolderProblem("its Python environment could not be made: \(error)")
        }
    }

    private nonisolated func run(
        _ program: String, _ arguments: [String], _ recipe: PythonRecipe, _ deadline: ContinuousClock.Instant,
        _ line: @escaping @Sendable (String) -> Void
    ) async throws {
        let left = ContinuousClock.now.duration(to: deadline)
        let command = CommandRun(
            program: program, arguments: arguments, environment: variables, folder: recipe.folder, timeLimit: left)
        let outcome = try await command.run { line($0) }
        guard !outcome.isSuccess else { return }
        guard !outcome.isLate else {
            throw AppFolderProblem(
                "its Python environment was not ready within \(timeLimit.inSeconds); ask for fewer packages")
        }
        let words = outcome.lastLines.suffix(6).joined(separator: "\n")
        throw AppFolderProblem(
            "its Python environment could not be made; correct requirements.txt. What pip said last:\n\(words)")
    }

    /// Takes the lock of an environment, which ends with the process at the latest.
    private nonisolated func lock(_ path: String) async throws -> Descriptor {
        let file = try await threadPool.runIfActive { [root] in
            try Folders.make(root, mode: 0o755)
            let raw = open("\(path).lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            guard raw >= 0 else { throw SystemFailure(call: "opening a lock", code: errno) }
            return Descriptor(raw)
        }
        while flock(file.raw, LOCK_EX | LOCK_NB) != 0 { try await Task.sleep(for: Self.lockPause) }
        return file
    }

    /// The settings of pip, of proxies and certificates out of the server's environment, and what every program needs.
    nonisolated var variables: [String: String] {
        let named: Set = [
            "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "HTTP_PROXY", "HTTPS_PROXY",
            "ALL_PROXY", "NO_PROXY",
        ]
        var passed = environment.filter { $0.key.hasPrefix("PIP_") || named.contains($0.key.uppercased()) }
        passed["PATH"] = environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        passed["HOME"] = "\(root)/.home"
        passed["LANG"] = "C.UTF-8"
        passed["PYTHONUNBUFFERED"] = "1"
        passed["PIP_ROOT_USER_ACTION"] = "ignore"
        return passed
    }
}

/// A making that goes on.
struct EnvironmentBuild: Sendable {
    let lines: BuildLines
    let work: SharedWork<Void>
}
