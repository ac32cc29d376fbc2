// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryClient
import FerryWire

/// `ferry run`, `ferry app run`
struct AppRun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run an app, wait for it and print its output.",
        discussion: """
            Files in the input are uploaded first: those given with --file, and strings that the app's schema says are \
            files. Keys are dotted to reach inner members, and end in [] to append to a list.

            --set key=VALUE is text or JSON; a path in it is uploaded where the schema says file. --file key=PATH is a \
            file wherever it stands; it may be an inf:// address, a link or a data: URI as well. Paths inside --input \
            @FILE or standard input must lie beneath the working directory.

            --session new keeps the app's worker for further runs, --session ID goes on with it. --run-at begins the \
            task later; without --no-wait it is waited for all the same.

            --plan shows every string and file of the input, what would be done with it and by which rule, and exits \
            with the code that the run would end with if a value is refused.

            Examples:
              ferry run file-inspector --file file=photo.jpg
              ferry run image-processor --file image=photo.jpg --set width=640 --save out
              ferry run image-processor --input '{"image":"./photo.jpg","width":640}' --plan
              ferry run file-inspector --file file=photo.jpg --run-at +15m --no-wait
            """)

    @Argument(help: ArgumentHelp("namespace/name, or name alone where that is unambiguous.", valueName: "app"))
    var app: String

    @Option(help: ArgumentHelp("The input: JSON, @FILE, or - for standard input.", valueName: "json"))
    var input: String?

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "Set a member of the input, to JSON if the value is any, else to text. Can be given several times.",
            valueName: "key=value"))
    var settings: [String] = []

    @Option(
        name: .customLong("file"),
        help: ArgumentHelp(
            "Set a member of the input to a local file. Can be given several times.", valueName: "key=path"),
        completion: .file())
    var files: [String] = []

    @Option(help: ArgumentHelp("The app's function. (default: the app's own default)", valueName: "name"))
    var function: String?

    @Option(
        help: ArgumentHelp("Download every file of the output into a folder.", valueName: "dir"), completion: .directory
    )
    var save: String?

    @Flag(name: .customLong("no-wait"), help: "Print the task's id and leave it running.")
    var isDetached = false

    @Flag(name: .customLong("plan"), help: "Print what would be uploaded and why; upload and run nothing.")
    var isPlan = false

    @Flag(help: "Show the app's log while it runs.")
    var logs = false

    @OptionGroup var settingsOfRun: RunSettings
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard AppReference(app) != nil else {
            throw ValidationError("'\(app)' is no app's name; write it as namespace/name")
        }
        if isDetached, save != nil || logs { throw ValidationError("--no-wait cannot go with --save or --logs") }
        if input == LocalInput.standardInput, settingsOfRun.setup == LocalInput.standardInput {
            throw ValidationError("--input and --setup cannot both be read from standard input")
        }
        if isPlan, isDetached || save != nil || logs { throw ValidationError("--plan runs nothing; give it alone") }
        if save == "" { throw ValidationError("--save needs a folder") }
        do throws(CommandFailure) {
            if input.map(JSONArgument.isFromFile) != true { try assign(to: try typedInput()) }
        } catch {
            throw ValidationError(error.description)
        }
    }

    func run() async throws {
        let console = output.console
        let document = try await document()
        let options = try await settingsOfRun.options()
        var policy = UploadPolicy.schemaLed
        if let input, JSONArgument.isFromFile(input) { policy = policy.beneath([try LocalFolder.current()]) }
        if let save { try await LocalFolder.make(save) }
        try await connection.connected(console) { ferry in
            try await AppReadiness.beforeRun(of: app, ferry, console)
            if isPlan { return try await showPlan(document, policy, ferry, console) }
            let started = try await start(document, policy, options, ferry, console)
            if settingsOfRun.beginsSession, console.format == .human, let id = started.sessionID {
                await console.note("session \(id)")
            }
            if let time = started.runAt, console.format == .human {
                await console.note("task \(started.id) begins at \(Moment.text(time))")
            }
            if isDetached {
                return try await console.line(console.format == .json ? "\(started.json)" : started.id)
            }
            let task = try await TaskFollower(ferry: ferry, console: console, showsLogs: logs).follow(started)
            try await TaskResultView(ferry: ferry, console: console, save: save, app: app).show(task)
        }
    }

    /// What is to be uploaded. What was typed is not bound to the working directory, whatever else the input is made of.
    private func plan(_ document: InputDocument, _ policy: UploadPolicy, _ ferry: Ferry) async throws -> UploadPlan {
        var document = document
        let plan = try await ferry.tasks.plan(app: app, input: document.value, function: function, uploads: policy)
        var isChanged = false
        for entry in plan.entries where entry.rule == .outsideRoots {
            if document.takeAsFile(at: entry.pointer) { isChanged = true }
        }
        guard isChanged else { return plan }
        return try await ferry.tasks.plan(app: app, input: document.value, function: function, uploads: policy)
    }

    private func start(
        _ document: InputDocument, _ policy: UploadPolicy, _ options: RunOptions, _ ferry: Ferry, _ console: Console
    ) async throws -> TaskDTO {
        let plan = try await plan(document, policy, ferry)
        let report = PlanReport(plan: plan)
        if let refusal = report.refusal { throw RefusedPlan(outcome: refusal) }
        for warning in report.warnings { await console.note(warning) }
        if console.format == .human {
            for entry in plan.entries where entry.verdict == .upload {
                await console.note("uploading \(entry.source)\(entry.size.map { ", \(ByteSize.text($0))" } ?? "")")
            }
        }
        return try await start(plan, options, ferry, console)
    }

    /// Uploads what the plan says, with a line of progress, and starts the task.
    private func start(
        _ plan: UploadPlan, _ options: RunOptions, _ ferry: Ferry, _ console: Console
    ) async throws -> TaskDTO {
        let uploads = plan.entries.filter { $0.verdict == .upload }
        let display = TransferDisplay(.upload, count: 1, console: console)
        let only = uploads.count == 1 ? uploads.first?.source : nil
        let show = display.handler(0, name: only ?? "\(uploads.count) files of the input")
        var options = options
        if let show {
            options.progress = { step in
                show(TransferProgress(sent: step.sent, acknowledged: step.sent, total: step.total))
            }
        }
        do {
            let task = try await ferry.tasks.start(plan, options: options)
            await display.clear()
            return task
        } catch {
            await display.clear()
            throw error
        }
    }

    /// The whole input.
    private func document() async throws -> InputDocument {
        guard let input, JSONArgument.isFromFile(input) else { return try assign(to: try typedInput()) }
        let value = try await JSONArgument.input(input, flag: "--input") ?? .object([])
        return try assign(to: InputDocument(value))
    }

    /// What the command line itself gives as input.
    private func typedInput() throws(CommandFailure) -> InputDocument {
        guard let input else { return InputDocument() }
        return InputDocument(InputValue(try JSONArgument.parsed(input, name: "--input")))
    }

    /// The input with what `--set` and `--file` say.
    @discardableResult
    private func assign(to document: InputDocument) throws(CommandFailure) -> InputDocument {
        var document = document
        for setting in settings { try document.set(setting) }
        for file in files { try document.setFile(file) }
        return document
    }

    private func showPlan(
        _ document: InputDocument, _ policy: UploadPolicy, _ ferry: Ferry, _ console: Console
    ) async throws {
        // Without its schema a plan can be made for an app that is not there, but never carried out.
        do {
            _ = try await ferry.apps.get(app)
        } catch let error as FerryError where error.status == 404 {
            throw error
        } catch is FerryError {
            // The plan tells what it makes of this.
        }
        let plan = try await plan(document, policy, ferry)
        let report = PlanReport(plan: plan)
        if console.format == .json {
            try await console.json(plan.json)
            // One value on standard output stays one: the reasons go to standard error.
            for refusal in report.refusals { await console.note(refusal.message) }
        } else {
            try await console.lines(report.lines)
            for refusal in report.refusals { try await console.failure(refusal) }
        }
        for warning in report.warnings { await console.note(warning) }
        if let refusal = report.refusal { throw ExitCode(refusal.status.rawValue) }
    }
}
