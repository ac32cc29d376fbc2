// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryApp
import FerryWire

/// `ferry cache verify`
struct CacheVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Read every cached byte and compare it with its SHA-256.",
        discussion: """
            Files that differ are named and removed; they are fetched again when they are next asked for. Files of the \
            official libraries have no digest and are left alone.

            Example: ferry cache verify
            """)

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let console = output.console
        let check = try await FileCache().verify()
        switch console.format {
        case .json:
            try await console.json([
                "sound": .integer(Int64(check.sound)), "bytes": .integer(check.bytes),
                "damaged": .array(check.damaged.map { .string($0) }),
            ])
        case .quiet: try await console.lines(check.damaged)
        case .human:
            try await console.lines(check.damaged.map { "damaged: \($0)" })
            try await console.line("\(Self.files(check.sound)) sound, \(ByteSize.text(check.bytes))")
        }
        guard check.damaged.isEmpty else {
            throw CommandFailure(.other, "\(Self.files(check.damaged.count)) in the cache had other bytes than stored")
        }
    }

    static func files(_ count: Int) -> String { count == 1 ? "1 file" : "\(count) files" }
}
