// SPDX-License-Identifier: Apache-2.0

import Dispatch
import FerryWire

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// The main function of an executable that holds apps.
///
/// ```swift
/// @main struct Main {
///     static func main() async {
///         await AppWorker.main {
///             Resize()
///             Inspect()
///         }
///     }
/// }
/// ```
public enum AppWorker {
    /// How long a task may go on after the host has gone before the process ends regardless.
    static let patience: DispatchTimeInterval = .seconds(10)

    /// Works on tasks until the host says to stop, then ends the process.
    ///
    /// Without arguments the process speaks to its host over standard input and output. With `describe` it prints one
    /// line, a JSON array of the manifests, and ends. Exit codes: 0 done, 1 the host broke the protocol, 2 usage or apps
    /// that contradict themselves.
    ///
    /// Before `apps` is evaluated, standard output is pointed at standard error and standard input at nothing, so
    /// whatever the apps print lands in the log, and the process's limit of open files is raised to what it may have, at
    /// most 65,536.
    ///
    /// - Parameters:
    ///   - arguments: the command line, the program's name first.
    ///   - apps: the apps, of different references, one a line; called once.
    public static func main(
        arguments: [String] = CommandLine.arguments, @AppList apps: () -> [any App]
    ) async -> Never {
        // A host that dies shows as the end of input, not as a signal in the middle of an app's work.
        signal(SIGPIPE, SIG_IGN)
        DescriptorLimit.raise()
        let channel: PrivateDescriptors
        do {
            channel = try PrivateDescriptors.take()
        } catch {
            complain("\(error)")
            exit(1)
        }
        let shelf: AppShelf
        do {
            shelf = try AppShelf(try apps().map { try host($0) })
        } catch {
            complain("\(error)")
            exit(2)
        }
        switch Array(arguments.dropFirst()) {
        case []:
            exit(await work(shelf, channel))
        case ["describe"]:
            let line = JSONValue.array(shelf.manifests.map(\.json)).serialized() + [UInt8(ascii: "\n")]
            exit(writeAll(line, to: channel.output) ? 0 : 1)
        case ["help"], ["--help"], ["-h"]:
            complain("usage: no argument to work for a host, `describe` to print what the apps are")
            exit(0)
        default:
            complain("unknown arguments; usage: no argument to work for a host, `describe` to print what the apps are")
            exit(2)
        }
    }

    private static func work(_ apps: AppShelf, _ channel: PrivateDescriptors) async -> Int32 {
        let reader: LineReader
        do {
            reader = try LineReader(descriptor: channel.input, maximumLength: HostMessage.maximumLength)
        } catch {
            complain("\(error)")
            return 1
        }
        let loop = WorkerLoop(
            apps: apps, reader: reader, writer: MessageWriter(descriptor: channel.output),
            onGreeting: { FileAccess.configure(origins: $0) },
            onStopping: {
                // An app deaf to cancellation must not outlive its host.
                DispatchQueue.global().asyncAfter(deadline: .now() + patience) { _exit(1) }
            })
        switch await loop.run() {
        case .stopped: return 0
        case .brokenProtocol(let reason):
            complain(reason)
            return 1
        }
    }

    private static func host(_ app: some App) throws -> any HostedApp { try TypedApp(app) }

    /// Writes a line to standard error.
    private static func complain(_ text: String) {
        _ = writeAll(Array("\(text)\n".utf8), to: STDERR_FILENO)
    }
}

/// The apps of an executable, one a line.
@resultBuilder
public enum AppList {
    /// One app.
    public static func buildExpression(_ app: some App) -> [any App] { [app] }
    /// Apps made elsewhere.
    public static func buildExpression(_ apps: [any App]) -> [any App] { apps }
    /// All apps, in order.
    public static func buildBlock(_ apps: [any App]...) -> [any App] { apps.flatMap { $0 } }
}
