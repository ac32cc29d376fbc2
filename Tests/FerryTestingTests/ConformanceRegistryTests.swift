// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Reads the sources: every type that is a driver of a port must be given to that port's suite by some test.
@Suite("Every driver runs its suite")
struct ConformanceRegistryTests {
    private static let ports = [
        "BlobStore", "FileIndex", "TaskStore", "TaskQueue", "TaskFileIndex", "WebhookOutbox", "AccessStore",
        "SecretStore", "EventBus", "ContentTypeDetector", "SessionStore", "ChatStore",
    ]

    private static var root: URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
    }

    /// The texts of all Swift files below a folder, by path.
    private static func texts(below folder: String) throws -> [String: String] {
        let base = root.appendingPathComponent(folder)
        let paths = try #require(FileManager.default.enumerator(atPath: base.path)).compactMap { $0 as? String }
        var texts: [String: String] = [:]
        for path in paths where path.hasSuffix(".swift") {
            texts[path] = try String(contentsOf: base.appendingPathComponent(path), encoding: .utf8)
        }
        return texts
    }

    /// Pairs of a type and a port it conforms to.
    private static func drivers(in texts: some Sequence<String>) throws -> Set<[String]> {
        let declaration = try Regex(
            #"(?m)^\s*(?:public |package |internal |private |fileprivate |final )*(?:class|struct|actor|extension)\s+(\w+)\s*:\s*([^{\n]+)\{"#
        )
        var found = Set<[String]>()
        for text in texts {
            for match in text.matches(of: declaration) {
                let name = String(match.output[1].substring ?? "")
                let inherited = (match.output[2].substring ?? "").split { !$0.isLetter }.map(String.init)
                for port in ports where inherited.contains(port) { found.insert([name, port]) }
            }
        }
        return found
    }

    /// Drivers that no test gives to the suite of their port.
    private static func missing(_ drivers: Set<[String]>, in tests: some Sequence<String>) throws -> [[String]] {
        try drivers.filter { driver in
            let call = try Regex("\(driver[1])Conformance\\s*\\{[^}]*(\(driver[0])\\(|openAnother\\(\\))")
            return try !tests.contains { text in
                let named = text.contains("\(driver[0]) passes \(driver[1])Conformance")
                return try named && call.firstMatch(in: text) != nil
            }
        }.sorted { $0.lexicographicallyPrecedes($1) }
    }

    @Test("every type that conforms to a port is run through that port's suite")
    func everyDriver() throws {
        let drivers = try Self.drivers(in: Self.texts(below: "Sources").values)
        for expected in [
            ["DiskBlobStore", "BlobStore"], ["SQLiteMetadata", "FileIndex"], ["SQLiteMetadata", "TaskStore"],
            ["SQLiteMetadata", "TaskQueue"], ["SQLiteMetadata", "AccessStore"], ["SQLiteMetadata", "SecretStore"],
            ["SQLiteMetadata", "TaskFileIndex"], ["SQLiteMetadata", "WebhookOutbox"],
            ["InMemoryTaskStore", "TaskQueue"], ["LocalEventBus", "EventBus"],
            ["MagicTypeDetector", "ContentTypeDetector"], ["SQLiteMetadata", "ChatStore"],
            ["InMemoryChatStore", "ChatStore"],
        ] {
            #expect(drivers.contains(expected), "the scan misses \(expected)")
        }
        #expect(try Self.missing(drivers, in: Self.texts(below: "Tests").values) == [])
    }

    @Test("the scan notices a driver without a test")
    func planted() throws {
        let drivers = try Self.drivers(in: [
            "package final class NewStore: BlobStore {", "extension Other: FileIndex {", "struct X: Sendable {",
        ])
        #expect(drivers == [["NewStore", "BlobStore"], ["Other", "FileIndex"]])
        let test = """
            @Test("NewStore passes BlobStoreConformance")
            func run() async throws { try await BlobStoreConformance { NewStore() }.run() }
            """
        #expect(try Self.missing(drivers, in: [test]) == [["Other", "FileIndex"]])
        #expect(try Self.missing([["NewStore", "FileIndex"]], in: [test]) == [["NewStore", "FileIndex"]])
    }
}
