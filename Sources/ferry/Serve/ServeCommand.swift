// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CAllocator
import FerryWire
import NIOCore

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve files and run apps, speaking the inference.sh API.",
        discussion: """
            Keeps records in SQLite and bytes on disk, in one folder. Prints one line once it accepts connections:
              ferry: listening on http://127.0.0.1:8787

            The root key is FERRY_ROOT_KEY if that is set, else the content of <data-dir>/root-key, which is made on
            the first start. Every flag can be given as FERRY_<FLAG> in the environment instead. FERRY_SECRET_<KEY> \
            reaches, as KEY, the apps whose inf.yml lists KEY among its secrets.

            Example: ferry serve --port 8787 --data-dir ./data
            """)

    @Option(help: "Address to listen on. (default: 127.0.0.1)")
    var host: String?
    @Option(help: "Port to listen on; 0 for any free one. (default: 8787)")
    var port: String?
    @Option(
        help:
            "Folder for everything that is kept. (default: $FERRY_DATA_DIR, else $XDG_DATA_HOME/ferry, else ~/.local/share/ferry)"
    )
    var dataDir: String?
    @Option(
        help: ArgumentHelp(
            "Folder of apps, one folder each with an inf.yml. (default: <data-dir>/apps)", valueName: "dir"),
        completion: .directory)
    var appsDir: String?
    @Option(
        help: ArgumentHelp(
            "System user that apps run as; needs a server that runs as root. (default: the server's own)",
            valueName: "name"))
    var appUser: String?
    @Flag(help: "Let keys with the scope apps:deploy put apps onto this server. (default: no)")
    var allowDeploy = false
    @Option(
        help: ArgumentHelp(
            """
            Private network that URLs in tasks and webhooks may lead to, such as 10.1.0.0/16; several divided by \
            commas. (default: none)
            """, valueName: "cidr"))
    var allowNetwork: String?
    @Option(
        help: ArgumentHelp(
            "Port that they may name beside 80, 443, 8080 and 8443; several divided by commas. (default: none)",
            valueName: "port"))
    var allowPort: String?
    @Option(help: "What addresses handed out begin with. (default: the request's own host)")
    var publicURL: String?
    @Option(help: "Where records are. (default: sqlite:)")
    var metadata: String?
    @Option(help: "Where bytes are. (default: disk:)")
    var blobs: String?
    @Option(
        help:
            "Exit after so many seconds without commands, requests, unfinished tasks and active sessions. (default: never)"
    )
    var idleExit: String?
    @Option(help: "Seconds that transfers under way may take after SIGTERM. (default: 30)")
    var drainTimeout: String?
    @Option(help: "trace, debug, info, notice, warning, error or critical. (default: info)")
    var logLevel: String?
    @Option(help: "json or text. (default: text)")
    var logFormat: String?

    func run() async throws {
        // 50 streaming chats took 29.6 to 35.3 MiB without this and 27.3 to 30.8 with it (debug build, two processors).
        _ = ferry_limit_arenas(CInt(System.coreCount))
        let environment = ProcessEnvironment.current
        let flags = [
            "host": host, "port": port, "public-url": publicURL, "metadata": metadata, "blobs": blobs,
            "idle-exit": idleExit, "drain-timeout": drainTimeout, "log-level": logLevel, "log-format": logFormat,
            "allow-network": allowNetwork, "allow-port": allowPort, "apps-dir": appsDir, "app-user": appUser,
            "allow-deploy": allowDeploy ? "true" : nil,
        ]
        let sources = ServeSettings.Sources(
            flags: flags.compactMapValues { $0 }, environment: environment,
            config: try ConfigFile.read(environment: environment))
        let settings: ServeSettings
        do {
            settings = try ServeSettings(sources)
        } catch {
            throw ValidationError(error.description)
        }
        let directory = try DataDirectory.resolve(flag: dataDir, environment: environment)
        try await Compose.serve(settings, directory, environment: environment)
    }
}
