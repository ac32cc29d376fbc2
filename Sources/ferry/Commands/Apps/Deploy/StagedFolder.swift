// SPDX-License-Identifier: Apache-2.0

import FerryClient
import NIOPosix

/// A copy of an app's folder with just those files that would be deployed over HTTP, so that a version is the same
/// wherever it goes: hidden files, caches and environments stay behind.
enum StagedFolder {
    /// Most bytes of one file: 1 GiB.
    static let maximumFileLength: Int64 = 1 << 30

    /// Runs the body with the copy's path; the copy goes afterwards.
    ///
    /// - Throws: `FerryError` (`localFileNotFound`, `localFile`, `invalidInput`, `limitExceeded`), ``CommandFailure``,
    ///   and what the body throws.
    static func with<Success: Sendable>(
        _ folder: String, _ body: (String) async throws -> Success
    ) async throws -> Success {
        let files = try await NIOThreadPool.singleton.runIfActive { try DeployedFolder(folder).files }
        return try await TemporaryFolder.with { temporary in
            let copy = "\(temporary)/app"
            var made: Set<String> = []
            for file in files {
                let target = "\(copy)/\(file.path)"
                let parent = "/" + LocalFolder.parts(target).dropLast().joined(separator: "/")
                if made.insert(parent).inserted { try await LocalFolder.make(parent) }
                try await LocalFile.copy(
                    file.source, to: target, mode: file.isExecutable ? 0o777 : 0o666, upTo: maximumFileLength)
            }
            return try await body(copy)
        }
    }
}
