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
/// await AppWorker.main(apps: [Resize(), Inspect()])
/// ```
public enum AppWorker {
    /// How long a task may go on after the host has gone before the process ends regardless.
    static let patience: DispatchTimeInterval = .seconds(10)

    /// Works on tasks until the host says to stop, then ends the process.
    ///
    /// Without arguments the process speaks to its host over standard input and output. With `describe` it prints one
    /// line, a JSON array of the manifests, and ends. Exit codes: 0 done, 1 the host broke the protocol, 2 usage.
    ///
    /// Before `apps` is evaluated, standard output is pointed at standard error and standard input at nothing, so
    /// whatever the apps print lands in the log.
    ///
    /// - Parameters:
    ///   - apps: the apps, of different references; evaluated once.
    ///   - arguments: the command line, the program's name first.
    public static func main(
        apps: @autoclosure () -> [any App], arguments: [String] = CommandLine.arguments
    ) async -> Never {
        // A host that dies shows as the end of input, not as a signal in the middle of an app's work.
        signal(SIGPIPE, SIG_IGN)
        let channel: PrivateDescriptors
        do {
            channel = try PrivateDescriptors.take()
        } catch {
            complain("\(error)")
            exit(1)
        }
        let table: [String: any App]
        do {
            table = try index(apps())
        } catch {
            complain(error.message)
            exit(2)
        }
        switch Array(arguments.dropFirst()) {
        case []:
            exit(await work(table, channel))
        case ["describe"]:
            let manifests = table.values.map { type(of: $0).manifest }.sorted { $0.reference < $1.reference }
            let line = JSONValue.array(manifests.map(\.json)).serialized() + [UInt8(ascii: "\n")]
            exit(writeAll(line, to: channel.output) ? 0 : 1)
        case ["help"], ["--help"], ["-h"]:
            complain("usage: no argument to work for a host, `describe` to print what the apps are")
            exit(0)
        default:
            complain("unknown arguments; usage: no argument to work for a host, `describe` to print what the apps are")
            exit(2)
        }
    }

    private static func work(_ apps: [String: any App], _ channel: PrivateDescriptors) async -> Int32 {
        let reader: LineReader
        do {
            reader = try LineReader(descriptor: channel.input, maximumLength: HostMessage.maximumLength)
        } catch {
            complain("\(error)")
            return 1
        }
        let loop = WorkerLoop(apps: apps, reader: reader, writer: MessageWriter(descriptor: channel.output)) {
            // An app deaf to cancellation must not outlive its host.
            DispatchQueue.global().asyncAfter(deadline: .now() + patience) { _exit(1) }
        }
        switch await loop.run() {
        case .stopped: return 0
        case .brokenProtocol(let reason):
            complain(reason)
            return 1
        }
    }

    /// The apps by reference.
    static func index(_ apps: [any App]) throws(AppFailure) -> [String: any App] {
        var table: [String: any App] = [:]
        for app in apps {
            let manifest = type(of: app).manifest
            guard table.updateValue(app, forKey: manifest.reference) == nil else {
                throw AppFailure("two apps are called \(manifest.reference)")
            }
            guard manifest.functions[manifest.defaultFunction] != nil else {
                throw AppFailure("\(manifest.reference) has no function \(manifest.defaultFunction), its default")
            }
        }
        return table
    }

    /// Writes a line to standard error.
    private static func complain(_ text: String) {
        _ = writeAll(Array("\(text)\n".utf8), to: STDERR_FILENO)
    }
}
