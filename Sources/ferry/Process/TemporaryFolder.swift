// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOPosix

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A folder that goes when its work is done.
enum TemporaryFolder {
    /// Runs the body with the absolute path of a fresh folder, mode 0700, without links in it; removes it afterwards.
    ///
    /// - Throws: ``CommandFailure`` if none can be made, and what the body throws.
    static func with<Success: Sendable>(
        environment: [String: String] = ProcessEnvironment.current, _ body: (String) async throws -> Success
    ) async throws -> Success {
        let path = try await NIOThreadPool.singleton.runIfActive { try make(environment) }
        let result: Success
        do {
            result = try await body(path)
        } catch {
            await remove(path)
            throw error
        }
        await remove(path)
        return result
    }

    private static func make(_ environment: [String: String]) throws -> String {
        let given = environment["TMPDIR"].flatMap { $0.utf8.first == UInt8(ascii: "/") ? $0 : nil } ?? "/tmp"
        var template = Array("\(given)/ferry-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw LocalInput.failure(errno, "make a folder in", given) }
        guard let pointer = realpath(template, nil) else { throw LocalInput.failure(errno, "find", given) }
        defer { free(pointer) }
        return String(cString: pointer)
    }

    private static func remove(_ path: String) async {
        // A task of its own: in one that was cancelled nothing would be done.
        await Task {
            _ = try? await NIOThreadPool.singleton.runIfActive { try FileManager.default.removeItem(atPath: path) }
        }.value
    }
}
