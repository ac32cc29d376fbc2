// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryClient
import FerryWire

/// `ferry app deploy`
struct AppDeploy: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deploy",
        abstract: "Make an app's folder a new version on a server.",
        discussion: """
            Prints namespace/name@version, which runs this very version; namespace/name runs the newest one. A folder \
            that has not changed is the same version again.

            Without a configured server the app goes to this machine's own; --apps-dir puts it into a folder that a \
            server was started with. Another server must have been started with --allow-deploy, and the key needs the \
            scope apps:deploy. Swift packages are built first; of them inf.yml, the program and the folder resources \
            are deployed.

            Examples:
              ferry app deploy word-count
              ferry app deploy word-count --apps-dir /srv/ferry/apps
            """)

    @Argument(help: ArgumentHelp("The app's folder.", valueName: "folder"), completion: .directory)
    var folder = "."

    @Option(
        help: ArgumentHelp("The folder of apps of a server on this machine.", valueName: "dir"), completion: .directory)
    var appsDir: String?

    @OptionGroup var build: BuildOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if appsDir == "" { throw ValidationError("--apps-dir needs a folder") }
        if appsDir != nil, connection.baseURL != nil {
            throw ValidationError("--apps-dir and --base-url name two places; give one")
        }
    }

    func run() async throws {
        let console = output.console
        let app = try await AppFolder.read(folder)
        let package = PackageBuild(app: app, options: build, console: console)
        let installed = try await package.withInstallable { folder in
            if let appsDirectory = try appsDirectory() {
                await console.note("installing into \(appsDirectory)")
                return try await AppInstallation.local(folder, appsDirectory: appsDirectory)
            }
            return try await connection.connected(console) { try await AppInstallation.remote(folder, $0) }
        }
        switch console.format {
        case .json: try await console.json(installed.json)
        case .human, .quiet: try await console.line(installed.versioned)
        }
    }

    /// The folder of this machine that the app goes to; nil for a server at an address.
    private func appsDirectory() throws -> String? {
        if let appsDir { return try LocalFolder.absolute(appsDir) }
        let environment = ProcessEnvironment.current
        let choice = try ServerChoice(
            flags: .init(baseURL: connection.baseURL, apiKey: connection.apiKey), environment: environment,
            file: try ConfigFile.read(environment: environment))
        guard case .embedded = choice else { return nil }
        let directory = try DataDirectory.resolve(flag: connection.dataDir, environment: environment)
        try directory.prepare()
        return directory.apps
    }
}
