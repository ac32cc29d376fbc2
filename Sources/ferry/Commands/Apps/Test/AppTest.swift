// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryClient
import FerryWire

/// `ferry app test`
struct AppTest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Run the app in a folder on sample input.",
        discussion: """
            Deploys the folder to a server of its own, which is gone afterwards, and runs the app there as any server \
            would. The input is made from the app's schema: required members and those with a default, files small \
            and made up. --input gives another one; its paths are those of this machine.

            Examples:
              ferry app test word-count
              ferry app test word-count --input '{"document":"./README.md","top":3}' --save out
            """)

    @Argument(help: ArgumentHelp("The app's folder.", valueName: "folder"), completion: .directory)
    var folder = "."

    @Option(
        help: ArgumentHelp("The input: JSON, @FILE, or - for standard input. (default: a sample)", valueName: "json"))
    var input: String?

    @Option(help: ArgumentHelp("What the app is set up with: JSON or @FILE. (default: a sample)", valueName: "json"))
    var setup: String?

    @Option(help: ArgumentHelp("The app's function. (default: the app's own default)", valueName: "name"))
    var function: String?

    @Option(
        help: ArgumentHelp("Download every file of the output into a folder.", valueName: "dir"), completion: .directory
    )
    var save: String?

    @Option(
        help: ArgumentHelp(
            "The data folder whose Python environments are used. (default: $FERRY_DATA_DIR, $XDG_DATA_HOME/ferry, "
                + "~/.local/share/ferry)", valueName: "dir"))
    var dataDir: String?

    @OptionGroup var build: BuildOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if save == "" { throw ValidationError("--save needs a folder") }
    }

    func run() async throws {
        let console = output.console
        let given = try await JSONArgument.input(input, flag: "--input")
        let givenSetup = try await JSONArgument.json(setup, flag: "--setup")
        let app = try await AppFolder.read(folder)
        if let save { try await LocalFolder.make(save) }
        let package = PackageBuild(app: app, options: build, console: console)
        let environment = ProcessEnvironment.current
        let shared = try DataDirectory.resolve(flag: dataDir, environment: environment)
        try await package.withInstallable { folder in
            try await PrivateServer.with(app: folder, shared: shared, environment: environment) { ferry in
                let record = try await described(app.reference, ferry, console)
                let schema = try self.schema(of: record)
                let input = given ?? SchemaSampler(schema).sample()
                await console.note("running \(record.reference) on \(SampleText.text(input))")
                var options = RunOptions(function: function, wait: false)
                if let givenSetup { options.setup = givenSetup }
                let plan = try await ferry.tasks.plan(app: record.reference, input: input, function: function)
                if let refusal = PlanReport(plan: plan).refusal { throw RefusedPlan(outcome: refusal) }
                let started = try await ferry.tasks.start(plan, options: options)
                let follower = TaskFollower(ferry: ferry, console: console, showsLogs: true)
                let task = try await follower.follow(started)
                try await TaskResultView(ferry: ferry, console: console, save: save).show(task)
            }
        }
    }

    /// The input schema of the function that is tested.
    private func schema(of app: AppDTO) throws(CommandFailure) -> JSONValue {
        let name = function ?? app.defaultFunction
        if let found = app.functions.first(where: { $0.name == name }) { return found.inputSchema }
        let names = app.functions.map(\.name).joined(separator: ", ")
        throw CommandFailure(.localFileNotFound, "\(app.reference) has no function \(name); it has \(names)")
    }

    /// The app's record, once its environment is made.
    private func described(_ reference: String, _ ferry: Ferry, _ console: Console) async throws -> AppDTO {
        let clock = ContinuousClock()
        let deadline = clock.now + PrivateServer.preparationLimit
        var isTold = false
        while true {
            do {
                return try await ferry.apps.get(reference)
            } catch let error as FerryError where error.isRetryable && error.status == nil && clock.now < deadline {
                // No answer in time: the app is being made ready. An answer says that it cannot be.
                if !isTold { await console.note("preparing \(reference); the first time takes a while") }
                isTold = true
                try await Task.sleep(for: .seconds(1))
            }
        }
    }
}
