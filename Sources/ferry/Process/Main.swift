// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Where the process begins: parses, runs, and ends with the exit code that scripts rely on.
@main
enum Main {
    static func main() async {
        // A reader that went away is an error of the write, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        InheritedDescriptors.keepFromChildren()
        let arguments = Array(CommandLine.arguments.dropFirst())
        if let number = ArgumentBytes.firstThatIsNoText {
            let outcome = Outcome(
                status: .refused, code: "refused",
                message: "argument \(number) is not UTF-8 text; rename the file, or upload it by: ferry upload - < FILE"
            )
            report(outcome, arguments)
            exit(outcome.status.rawValue)
        }
        exit(await run(arguments))
    }

    private static func run(_ arguments: [String]) async -> Int32 {
        let interruption = Interruption()
        // Unstructured, because a signal comes from outside of every scope; it is always waited for.
        let work = Task {
            var command = try await FerryCommand.asyncParseAsRoot(arguments)
            if !(command is any AnswersSignals) { interruption.watch() }
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        }
        interruption.cancels { work.cancel() }
        do {
            try await work.value
            return 0
        } catch {
            return interruption.exitCode ?? finish(error, arguments)
        }
    }

    /// Reports what a command threw.
    private static func finish(_ error: any Error, _ arguments: [String]) -> Int32 {
        guard !isOfParser(error) else { return finish(parsing: error, arguments) }
        let outcome = Outcome(error)
        report(outcome, arguments)
        return outcome.status.rawValue
    }

    /// Whether the parser made the error; its own types are not all public.
    private static func isOfParser(_ error: any Error) -> Bool {
        String(reflecting: type(of: error)).utf8.starts(with: "ArgumentParser.".utf8)
    }

    /// Reports what the parser threw: help and version on standard output, anything else as one line.
    private static func finish(parsing error: any Error, _ arguments: [String]) -> Int32 {
        if FerryCommand.exitCode(for: error) == .success, let name = nameTakenForFlags(in: arguments) {
            let message = "unknown option '\(name)'; if it is a file's name, write ./\(name)"
            let outcome = Outcome(status: .usage, code: "usage", message: message)
            report(outcome, arguments)
            return outcome.status.rawValue
        }
        if FerryCommand.exitCode(for: error) == .success {
            write(FerryCommand.fullMessage(for: error) + "\n", to: .standardOutput)
            return 0
        }
        if let code = error as? ExitCode { return code.rawValue }
        let full = FerryCommand.fullMessage(for: error)
        var message = FerryCommand.message(for: error)
        if message.utf8.last == UInt8(ascii: ".") { message.removeLast() }
        let outcome = Outcome(status: .usage, code: "usage", message: "\(message); \(remedy(in: full))")
        report(outcome, arguments)
        return outcome.status.rawValue
    }

    /// A file's name such as `-dash.txt`, which the parser takes for single-letter flags with a call for help among
    /// them; nil if help was asked for in so many words.
    private static func nameTakenForFlags(in arguments: [String]) -> String? {
        let asked = arguments.prefix { $0 != "--" }
        guard
            !asked.contains(where: {
                ["-h", "--help", "help", "--version"].contains($0) || $0.hasPrefix("--experimental")
            })
        else { return nil }
        return asked.first { $0.hasPrefix("-") && !$0.hasPrefix("--") && $0.utf8.count > 2 && $0.contains("h") }
    }

    /// The parser's advice, which stands at the end of its long message.
    private static func remedy(in message: String) -> String {
        for line in message.split(separator: "\n").reversed() {
            let advice = line.drop { $0 == " " }
            guard advice.hasPrefix("See '") else { continue }
            return "see '\(advice.dropFirst(5).prefix { $0 != "'" })'"
        }
        return "see 'ferry --help'"
    }

    private static func report(_ outcome: Outcome, _ arguments: [String]) {
        guard !outcome.message.isEmpty else { return }
        if arguments.prefix(while: { $0 != "--" }).contains("--json") {
            write("\(outcome.json)\n", to: .standardOutput)
        } else {
            write("\(outcome.line)\n", to: .standardError)
        }
    }

    private static func write(_ text: String, to descriptor: OutputDescriptor) {
        // Nobody is left to be told that nobody is left.
        try? descriptor.writeBlocking(Array(text.utf8))
    }
}
