// SPDX-License-Identifier: Apache-2.0

import FerryClient
import Foundation
import Testing

@testable import ferry

@Suite struct CLIDataURIFileTests {
    @Test(arguments: ["data:,", "data:;base64,"])
    func `row 13: a file's data URI beyond the limit is refused and not shown`(head: String) async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("ferry-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        let payload = String(repeating: "QUJD", count: 50_000)
        try Data((head + payload).utf8).write(to: file)
        let error = await #expect(throws: FerryError.self) {
            _ = try await DataURIFile.opening(file.path, maximumSize: 1000)
        }
        #expect(error?.code == .invalidDataURI)
        #expect(error?.message.contains("1000 bytes") == true)
        #expect(error?.message.contains("QUJDQUJD") == false)
        _ = try await DataURIFile.opening(file.path, maximumSize: payload.utf8.count)
        #expect(DataURIFile.maximumSize == 1 << 30)
    }
}
