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
            would. Setup and input are made from the app's schemas: required members and those with a default, files \
            small and made up. --setup and --input give others; the input's paths are those of this machine, and inside @FILE or standard \
            input must lie beneath the working directory.

            Examples:
              ferry app test word-count
              ferry app test word-count --input '{"document":"./README.md","top":3}' --save out
            """)

    @Argument(help: ArgumentHelp("The app's folder.", valueName: "folder"), completion: .directory)
    var folder = "."

    @Option(
        help: ArgumentHelp("The input: JSON, @FILE, or - for standard input. (default: a sample)", valueName: "json"))
    var input: String?

    @Option(
        help: ArgumentHelp(
            "What the app is set up with: JSON, @FILE, or - for standard input. (default: a sample)", valueName: "json")
    )
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
        if input == LocalInput.standardInput, setup == LocalInput.standardInput {
            throw ValidationError("--input and --setup cannot both be read from standard input")
        }
    }

    func run() async throws {
        let console = output.console
        let given = try await JSONArgument.input(input, flag: "--input")
        let givenSetup = try await JSONArgument.json(setup, flag: "--setup")
        let app = try await AppFolder.read(folder)
        var policy = UploadPolicy.schemaLed
        if let input, JSONArgument.isFromFile(input) { policy = policy.beneath([try LocalFolder.current()]) }
        if let save { try await LocalFolder.make(save) }
        let package = PackageBuild(app: app, options: build, console: console)
        let environment = ProcessEnvironment.current
        let shared = try DataDirectory.resolve(flag: dataDir, environment: environment)
        try await package.withInstallable { folder in
            try await PrivateServer.with(app: folder, shared: shared, environment: environment) { ferry in
                let record = try await PrivateServer.described(app.reference, ferry, console)
                let schema = try self.schema(of: record)
                let input = given ?? SchemaSampler(schema).sample()
                await console.note("running \(record.reference) on \(SampleText.text(input))")
                var options = RunOptions(function: function, wait: false)
                options.setup = try givenSetup ?? SchemaSampler.setup(record.setupSchema)
                if !options.setup.isNull { await console.note("set up with \(options.setup)") }
                let plan = try await ferry.tasks.plan(
                    app: record.reference, input: input, function: function, uploads: policy)
                if let refusal = PlanReport(plan: plan, hasFileFlag: false).refusal {
                    throw RefusedPlan(outcome: refusal)
                }
                let started = try await ferry.tasks.start(plan, options: options)
                let follower = TaskFollower(ferry: ferry, console: console, showsLogs: true)
                let task: TaskDTO
                do {
                    task = try await follower.follow(started)
                } catch let error as FerryError where error.code == .taskFailed && givenSetup == nil {
                    throw await withRemedy(error, ferry)
                }
                let view = TaskResultView(ferry: ferry, console: console, save: save, app: record.reference)
                try await view.show(task)
            }
        }
    }

    /// The failure, with what to try if the app never came to run its function.
    private func withRemedy(_ failure: FerryError, _ ferry: Ferry) async -> FerryError {
        guard let id = failure.taskID, let task = try? await ferry.tasks.get(id),
            task.events.contains(where: { $0.status == .settingUp }),
            !task.events.contains(where: { $0.status == .running })
        else { return failure }
        var failure = failure
        failure.message += "; if the app wants a setup, give one: --setup '{\"member\":…}'"
        return failure
    }

    /// The input schema of the function that is tested.
    private func schema(of app: AppDTO) throws(CommandFailure) -> JSONValue {
        let name = function ?? app.defaultFunction
        if let found = app.functions.first(where: { $0.name == name }) { return found.inputSchema }
        let names = app.functions.map(\.name).joined(separator: ", ")
        throw CommandFailure(.localFileNotFound, "\(app.reference) has no function \(name); it has \(names)")
    }
}
