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

            Without a configured server the app goes to this machine's own, into the folder that it takes its apps \
            from; --apps-dir puts it into a folder that another one was started with. Before that the app is asked \
            what it is, which makes its environment: one that cannot be run is not installed. A server at an address \
            must have been started with --allow-deploy, and the key needs the scope apps:deploy.

            Hidden files, __pycache__, venv and *.pyc stay behind; 10,000 files at most. Swift packages are built \
            first; of them inf.yml, the program and the folder resources are deployed.

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
            if let place = try await AppsPlace.find(appsDir, connection) {
                return try await install(folder, app, place, console)
            }
            return try await connection.connected(console) { ferry in
                let words = "the server makes \(app.reference) ready; the first time takes a while"
                return try await AppReadiness.telling(words, console) {
                    try await AppInstallation.remote(folder, ferry)
                }
            }
        }
        switch console.format {
        case .json: try await console.json(installed.json)
        case .human, .quiet: try await console.line(installed.versioned)
        }
    }

    /// Installs on this machine, once the app has told what it is, and waits for a server that runs to have it.
    private func install(
        _ folder: String, _ app: AppFolder, _ place: AppsPlace, _ console: Console
    ) async throws -> AppInstallation {
        await console.note("looking at \(app.reference)")
        let environment = ProcessEnvironment.current
        // Apart from all servers, so that what cannot be run is never what they run.
        _ = try await PrivateServer.with(app: folder, shared: place.data, environment: environment) { ferry in
            try await PrivateServer.described(app.reference, ferry, console)
        }
        await console.note("installing into \(place.appsDirectory)")
        let installed = try await AppInstallation.local(folder, appsDirectory: place.appsDirectory)
        if place.isServed {
            try await connection.connected(console) { try await place.wait(for: installed, $0, console) }
        }
        return installed
    }
}
