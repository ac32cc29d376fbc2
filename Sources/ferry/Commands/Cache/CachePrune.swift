// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryApp
import FerryWire

/// `ferry cache prune`
struct CachePrune: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Remove cached files that are no longer wanted.",
        discussion: """
            Without an option the cache is brought down to 20 GiB, the files unused for longest first. Files in use stay. \
            Files of the official libraries go only with --official.

            Examples:
              ferry cache prune --older-than 7d
              ferry cache prune --max-size 1GiB
              ferry cache prune --all --official
            """)

    @Option(
        help: ArgumentHelp("Remove what was not used for so long: 15m, 1h, 7d.", valueName: "time"),
        transform: TimeSpan.reader(0...Int64(36_500 * 86_400)))
    var olderThan: TimeSpan?

    @Option(
        help: ArgumentHelp("Remove what was unused for longest beyond so much: 500MiB, 1GiB.", valueName: "size"),
        transform: ByteCount.reader)
    var maxSize: ByteCount?

    @Flag(help: "Remove everything that is not in use.")
    var all = false

    @Flag(help: "Remove files of the official libraries by the same rules.")
    var official = false

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let console = output.console
        let isPlain = olderThan == nil && maxSize == nil && !all
        let cache = FileCache()
        let standard = isPlain ? cache.limits.maximumCacheSize : nil
        let report = try await cache.prune(
            CachePruning(
                unusedFor: olderThan?.seconds, maximumSize: maxSize?.bytes ?? standard, isAll: all,
                includesOfficial: official))
        switch console.format {
        case .json:
            try await console.json([
                "removed": .integer(Int64(report.files)), "bytes": .integer(report.bytes),
                "in_use": .integer(Int64(report.inUse)),
            ])
        case .quiet: break
        case .human:
            let kept = report.inUse == 0 ? "" : "; \(CacheVerify.files(report.inUse)) in use stay"
            try await console.line(
                "removed \(CacheVerify.files(report.files)), \(ByteSize.text(report.bytes))\(kept)")
        }
    }
}
