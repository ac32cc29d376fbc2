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

/// Runs a program that installs what an app asks for, confined as the app is, in a folder of its own.
typealias AppBuilding =
    @Sendable (LaunchPlan, _ timeLimit: Duration, _ line: @escaping @Sendable (String) async -> Void) async throws ->
    CommandRun.Outcome

/// Virtual environments of Python apps, each made once, where it stays: they cannot be moved.
///
/// What `pip` installs may run code of its authors while it is built, and may replace any file of the environment. So
/// only the empty environment is made with the server's rights; `pip` runs as the app will, may write to that environment
/// and nowhere else, and no program of the environment is ever started in another way. It gets the settings of `pip`, of
/// proxies and certificates, and nothing else of the server's environment.
actor PythonEnvironments {
    /// Says that an environment is whole.
    private static let marker = "ferry-complete"
    /// How long another process's lock is looked at again and again.
    private static let lockPause = Duration.milliseconds(200)

    private let root: String
    private let environment: [String: String]
    private let timeLimit: Duration
    private let user: AppUser?
    private let turns: Turns
    private let threadPool: NIOThreadPool
    private let build: AppBuilding
    private var builds: [String: EnvironmentBuild] = [:]

    /// - Parameters:
    ///   - root: the folder of all environments.
    ///   - environment: the server's own, for the settings of `pip`.
    ///   - timeLimit: how long a making may take.
    ///   - user: the user that apps run as; nil for the server's own.
    ///   - turns: bounds how many are made at the same time.
    ///   - build: runs `pip`.
    init(
        root: String, environment: [String: String], timeLimit: Duration, user: AppUser? = nil, turns: Turns,
        threadPool: NIOThreadPool, build: @escaping AppBuilding
    ) {
        self.root = root
        self.environment = environment
        self.timeLimit = timeLimit
        self.user = user
        self.turns = turns
        self.threadPool = threadPool
        self.build = build
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
                    try await turns.run { try await construct(recipe) { lines.append($0) } }
                })
            builds[recipe.name] = build
        }
        for await line in build.lines.follow() { await log(line) }
        try await build.work.value()
    }

    /// Stops what is being made, and returns when no program runs any more.
    func close() async {
        for build in builds.values { await build.work.end() }
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
            // Isolated: neither a folder nor a variable can put modules before Python's own.
            let venv = CommandRun(
                program: recipe.interpreter.path, arguments: ["-I", "-m", "venv", path], environment: variables,
                folder: "/", timeLimit: ContinuousClock.now.duration(to: deadline))
            try check(try await venv.run { line($0) })
            let program = try await threadPool.runIfActive { [user] in
                if let user { try TreeOwner.give(path, to: user.id, group: user.group) }
                return Folders.resolved("\(path)/bin/python")
            }
            try check(
                try await build(
                    installation(recipe), ContinuousClock.now.duration(to: deadline), { line($0) }))
            try await threadPool.runIfActive { [user] in
                if user != nil { try TreeOwner.give(path, to: geteuid(), group: getegid()) }
                // The program is looked up with the server's rights whenever a worker starts.
                guard let program, Folders.resolved("\(path)/bin/python") == program else {
                    throw AppFolderProblem("its requirements replace the Python that they are installed for")
                }
                try Folders.put([], to: "\(path)/\(Self.marker)", mode: 0o644)
            }
            line("the environment is ready")
        } catch let error as SystemFailure {
            throw AppFolderProblem("its Python environment could not be made: \(error)")
        }
    }

    /// How `pip` is started.
    ///
    /// What lies in the app's folder is built from a copy, because building writes beside it, and installed as a wheel,
    /// because the copy does not last.
    private nonisolated func installation(_ recipe: PythonRecipe) -> LaunchPlan {
        let path = path(of: recipe)
        let script =
            CommandRun.shellPrefix + """
                python=$1 source=$2
                shift 2
                set -- --no-input --no-cache-dir --disable-pip-version-check --progress-bar off "$@"
                [ -n "$source" ] || exec "$python" -I -m pip install "$@"
                mkdir source && cp -R "$source/." source && cd source || exit 1
                "$python" -I -m pip wheel --use-pep517 -w ../wheels "$@" || exit 1
                exec "$python" -I -m pip install --no-input --disable-pip-version-check --no-index --no-deps ../wheels/*
                """
        return LaunchPlan(
            program: Confinement.shell,
            arguments: [
                "-c", script, "ferry-pip", "\(path)/bin/python", recipe.isLocal ? recipe.folder : "",
            ] + recipe.packages,
            appReference: recipe.reference, codeFolder: recipe.folder, environment: variables,
            readable: [recipe.interpreter.path, recipe.interpreter.prefix] + namedFiles, writable: [path], memory: nil,
            concurrency: 1)
    }

    /// Files and folders that the settings name: certificates, and where packages are.
    private nonisolated var namedFiles: [String] {
        let named: Set = [
            "PIP_FIND_LINKS", "PIP_CONFIG_FILE", "PIP_CONSTRAINT", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL",
        ]
        let words = variables.filter { named.contains($0.key) || $0.key.contains("CERT") || $0.key.contains("CA_") }
            .values.flatMap { $0.split { " ,\t\n".contains($0) }.map(String.init) }
        let paths = words.map { $0.hasPrefix("file://") ? String($0.dropFirst(7)) : $0 }
        return paths.filter { $0.utf8.first == UInt8(ascii: "/") && $0.utf8.count > 1 }.sorted()
            + ["/etc/pip.conf", "/etc/xdg/pip/pip.conf"]
    }

    private nonisolated func check(_ outcome: CommandRun.Outcome) throws {
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
