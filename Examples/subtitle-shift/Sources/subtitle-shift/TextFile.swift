// SPDX-License-Identifier: Apache-2.0

import FerryApp
import Foundation

/// Texts on the disk. A disk may take its time, and Swift's own threads are few: all of it happens on others.
enum TextFile {
    /// - Throws: `AppFailure` for a file that is larger, or no UTF-8.
    static func read(_ path: String, upTo limit: Int, name: String) async throws -> String {
        let data = try await elsewhere {
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? handle.close() }
            return try handle.read(upToCount: limit + 1) ?? Data()
        }
        guard data.count <= limit else {
            throw AppFailure("\(name) is larger than \(limit) bytes", code: .invalidInput)
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw AppFailure("\(name) is not UTF-8; save it as UTF-8 first", code: .invalidInput)
        }
        return text
    }

    static func write(_ text: String, to path: String) async throws {
        try await elsewhere {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .withoutOverwriting)
        }
    }

    private static func elsewhere<Success: Sendable>(
        _ work: @escaping @Sendable () throws -> Success
    ) async throws -> Success {
        try await withCheckedThrowingContinuation { done in
            DispatchQueue.global().async { done.resume(with: Result { try work() }) }
        }
    }
}
