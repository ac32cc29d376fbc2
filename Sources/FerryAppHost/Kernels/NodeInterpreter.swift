// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import NIOPosix
import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// The Node that is installed here.
struct NodeInterpreter: Sendable, Hashable {
    /// The oldest version that apps run with.
    static let oldestMajor = 18

    /// The program, without links.
    let path: String
    /// The first number of its version.
    let major: Int

    /// Finds the first one on the server's `PATH` that is new enough.
    ///
    /// - Throws: ``AppFolderProblem`` if there is none.
    static func find(
        environment: [String: String], threadPool: NIOThreadPool
    ) async throws -> NodeInterpreter {
        let folders =
            (environment["PATH"] ?? "").split(separator: ":").map(String.init) + ["/usr/local/bin", "/usr/bin"]
        let paths = try await threadPool.runIfActive {
            folders.filter { $0.utf8.first == UInt8(ascii: "/") && access("\($0)/node", X_OK) == 0 }
                .compactMap { Folders.resolved("\($0)/node") }
        }
        for path in paths {
            let version = Mutex<Int?>(nil)
            let run = CommandRun(
                program: path, arguments: ["--version"], environment: ["PATH": "/usr/bin:/bin"], folder: "/",
                timeLimit: .seconds(30))
            let outcome = try await run.run { line in
                guard line.utf8.first == UInt8(ascii: "v"), let major = Int(line.dropFirst().prefix { $0 != "." })
                else {
                    return
                }
                version.withLock { $0 = major }
            }
            if outcome.isSuccess, let major = version.withLock({ $0 }), major >= oldestMajor {
                return NodeInterpreter(path: path, major: major)
            }
        }
        throw AppFolderProblem("this server has no Node of version \(oldestMajor) or newer; install nodejs")
    }
}
