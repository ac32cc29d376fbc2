// SPDX-License-Identifier: Apache-2.0

import NIOPosix

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Files that a command makes.
enum LocalFile {
    /// Writes a new file, away from the cooperative threads.
    ///
    /// - Parameter mode: its permissions, less the process's mask.
    /// - Throws: ``CommandFailure``, also if there is something of that name.
    static func write(_ bytes: [UInt8], to path: String, mode: mode_t = 0o666) async throws {
        try await NIOThreadPool.singleton.runIfActive { try NewFile(path, mode).append(bytes) }
    }

    /// Copies a file piece by piece into a new one; a few hundred kilobytes are in memory at a time.
    ///
    /// - Parameters:
    ///   - mode: its permissions, less the process's mask.
    ///   - maximumSize: most bytes.
    /// - Throws: ``CommandFailure``, also if there is something of that name; `CancellationError`.
    static func copy(
        _ source: String, to path: String, mode: mode_t = 0o666, upTo maximumSize: Int64
    ) async throws {
        let chunks = try await DescriptorChunks.opening(source)
        let file = try await NIOThreadPool.singleton.runIfActive { try NewFile(path, mode) }
        var size: Int64 = 0
        for try await chunk in chunks {
            size += Int64(chunk.count)
            guard size <= maximumSize else {
                throw CommandFailure(
                    .limitExceeded, "\(source) is longer than \(ByteSize.text(maximumSize)), the limit; make it smaller"
                )
            }
            try await NIOThreadPool.singleton.runIfActive { try file.append(chunk) }
        }
    }
}

/// A file that was just made, open to be written. All of it blocks.
private final class NewFile: Sendable {
    private let path: String
    private let descriptor: CInt

    init(_ path: String, _ mode: mode_t) throws {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
        guard descriptor >= 0 else {
            guard errno != EEXIST else {
                throw CommandFailure(.alreadyExists, "\(path) is there already; remove it, or give another place")
            }
            throw LocalInput.failure(errno, "write", path)
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    func append(_ bytes: [UInt8]) throws {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                systemWrite(descriptor, $0.baseAddress?.advanced(by: done), bytes.count - done)
            }
            guard count >= 0 || errno == EINTR else { throw LocalInput.failure(errno, "write", path) }
            done += max(0, count)
        }
    }
}

/// `write`, by a name that does not clash with methods.
private func systemWrite(_ descriptor: CInt, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}
