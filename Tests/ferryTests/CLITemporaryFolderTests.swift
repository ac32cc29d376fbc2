// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import Testing

@testable import ferry

@Suite(.timeLimit(.minutes(1))) struct CLITemporaryFolderTests {
    @Test func `a folder goes when its work is done, fails or is interrupted`() async throws {
        struct Trouble: Error {}
        final class Seen: Sendable {
            private let list = Mutex<[String]>([])
            var paths: [String] { list.withLock { $0 } }
            func add(_ path: String) { list.withLock { $0.append(path) } }
        }
        let seen = Seen()
        func work(_ body: @escaping @Sendable () async throws -> Void) -> Task<Void, any Error> {
            Task {
                try await TemporaryFolder.with { path in
                    #expect(FileManager.default.createFile(atPath: path + "/file", contents: nil))
                    seen.add(path)
                    try await body()
                }
            }
        }
        try await work {}.value
        await #expect(throws: Trouble.self) { try await work { throw Trouble() }.value }
        let endless = work { try await Task.sleep(for: .seconds(600)) }
        while seen.paths.count < 3 { try await Task.sleep(for: .milliseconds(5)) }
        endless.cancel()
        await #expect(throws: CancellationError.self) { try await endless.value }
        #expect(seen.paths.allSatisfy { !FileManager.default.fileExists(atPath: $0) })
    }
}
