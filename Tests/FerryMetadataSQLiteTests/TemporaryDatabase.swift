// SPDX-License-Identifier: Apache-2.0

import FerryMetadataSQLite
import FerryServerCore
import FerryWire
import Foundation
import GRDB

/// A folder for database files of a test's own, removed when the test lets go of it.
final class TemporaryDatabase: Sendable {
    let folder: String
    var path: String { folder + "/ferry.sqlite" }

    init() throws {
        folder = FileManager.default.temporaryDirectory.path + "/ferry-test-" + Identifier.random()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// The records of the one file.
    func open(_ configuration: SQLiteMetadata.Configuration = .init()) throws -> SQLiteMetadata {
        try SQLiteMetadata(path: path, configuration: configuration)
    }

    /// The records of a new file beside it.
    func openAnother() throws -> SQLiteMetadata {
        try SQLiteMetadata(path: folder + "/" + Identifier.random() + ".sqlite")
    }

    /// Another program's way to the file.
    func stranger() throws -> DatabaseQueue {
        var configuration = Configuration()
        // For tests that hold the file while others want it.
        configuration.allowsUnsafeTransactions = true
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    func mode(_ suffix: String = "") throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path + suffix)[.posixPermissions] as? Int
    }
}
