// SPDX-License-Identifier: Apache-2.0

import FerryApp
import Foundation

/// Texts on the disk.
enum TextFile {
    /// - Throws: `AppFailure` for a file that is larger, or no UTF-8.
    static func read(_ path: String, upTo limit: Int, name: String) throws -> String {
        let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        defer { try? handle.close() }
        let data = try handle.read(upToCount: limit + 1) ?? Data()
        guard data.count <= limit else {
            throw AppFailure("\(name) is larger than \(limit) bytes", code: .invalidInput)
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw AppFailure("\(name) is not UTF-8; save it as UTF-8 first", code: .invalidInput)
        }
        return text
    }

    static func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .withoutOverwriting)
    }
}
