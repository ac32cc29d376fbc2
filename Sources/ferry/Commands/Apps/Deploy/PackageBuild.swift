// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryWire

/// How an app that is a Swift package becomes a program.
struct BuildOptions: ParsableArguments {
    /// What to build for.
    enum Configuration: String, CaseIterable, Sendable, ExpressibleByArgument {
        case debug, release
    }

    @Option(help: ArgumentHelp("Swift packages: debug or release. (default: release)", valueName: "name"))
    var configuration: Configuration = .release

    @Option(
        help: ArgumentHelp(
            "Swift packages: folder for what is built. (default: .build in the package)", valueName: "dir"),
        completion: .directory)
    var scratchPath: String?
}

/// A folder as it is to be installed: that of the app itself or, of a Swift package, one with the built program in it.
struct PackageBuild: Sendable {
    /// The folder of a package whose files go along with the program.
    private static let companions = "resources"

    let app: AppFolder
    let options: BuildOptions
    let console: Console

    /// Runs the body with the path of the folder to install.
    ///
    /// - Throws: ``CommandFailure`` if the package does not build, and what the body throws.
    func withInstallable<Success: Sendable>(_ body: (String) async throws -> Success) async throws -> Success {
        guard try await isPackage() else { return try await body(app.path) }
        return try await TemporaryFolder.with { temporary in
            let folder = "\(temporary)/app"
            let program = try await built(temporary)
            try await collect(program, into: folder)
            return try await body(folder)
        }
    }

    private func isPackage() async throws -> Bool {
        do {
            return try await LocalInput.kind(of: "\(app.path)/Package.swift") == .regular
        } catch let failure as CommandFailure where failure.kind == .localFileNotFound {
            return false
        }
    }

    /// Builds the package.
    ///
    /// - Returns: the program's path.
    private func built(_ temporary: String) async throws -> String {
        var arguments = [
            "build", "--package-path", app.path, "--configuration", options.configuration.rawValue, "--product",
            app.name,
            "--static-swift-stdlib",
        ]
        if let scratch = options.scratchPath { arguments += ["--scratch-path", try LocalFolder.absolute(scratch)] }
        await console.note("building \(app.name) (\(options.configuration.rawValue))")
        let status = try await ChildProgram(name: "swift", arguments: arguments).run()
        guard status == 0 else {
            throw CommandFailure(
                .refused, "\(app.name) does not build (exit code \(status)); its compiler's words stand above")
        }
        let answer = "\(temporary)/bin-path"
        let shown = try await ChildProgram(name: "swift", arguments: arguments + ["--show-bin-path"], output: answer)
            .run()
        guard shown == 0 else {
            throw CommandFailure(.other, "swift build did not tell where the program lies (exit code \(shown))")
        }
        let path = String(decoding: try await LocalInput.bytes(answer, upTo: 64 << 10), as: UTF8.self)
        let line = path.split(whereSeparator: \.isNewline).last.map(String.init) ?? ""
        return "\(line)/\(app.name)"
    }

    /// Puts together what is installed: `inf.yml`, the program and the companions.
    private func collect(_ program: String, into folder: String) async throws {
        try await copy("\(app.path)/inf.yml", to: ["inf.yml"], in: folder)
        let place = LocalFolder.parts(app.executable ?? "bin/\(app.name)")
        guard !place.isEmpty, !place.contains("..") else {
            throw CommandFailure(.refused, "inf.yml: executable must lie inside the folder, such as bin/\(app.name)")
        }
        try await copy(program, to: place, in: folder, mode: 0o777)
        let companions = "\(app.path)/\(Self.companions)"
        guard try await LocalFolder.exists(companions) else { return }
        var walk = FolderWalk(try await FolderRoot.opening(companions))
        let found = try await walk.run()
        if let refusal = found.refusals.first { throw refusal.failure }
        for file in found.files {
            let source = ([companions] + file.source).joined(separator: "/")
            try await copy(source, to: [Self.companions] + file.way, in: folder)
        }
    }

    private func copy(_ source: String, to way: [String], in folder: String, mode: UInt32 = 0o666) async throws {
        try await LocalFolder.make(([folder] + way.dropLast()).joined(separator: "/"))
        let target = ([folder] + way).joined(separator: "/")
        try await LocalFile.copy(source, to: target, mode: mode, upTo: StagedFolder.maximumFileLength)
    }
}
