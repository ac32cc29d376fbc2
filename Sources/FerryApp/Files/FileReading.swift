// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Reads local files. Every call blocks.
enum FileReading {
    /// All bytes of a file.
    ///
    /// - Parameter name: what messages call it.
    static func bytes(_ path: String, upTo limit: Int, name: String) throws -> [UInt8] {
        try opened(path, name) { descriptor, facts in
            guard facts.size <= Int64(limit) else {
                throw AppFailure(
                    "\(name) is larger than \(limit) bytes; raise the limit, or read localPath() piece by piece",
                    code: .fileTooLarge)
            }
            return try read(descriptor, Int(facts.size), name)
        }
    }

    /// The first bytes of a file, and whether they are all of it.
    static func head(_ path: String, _ count: Int, name: String) throws -> (bytes: [UInt8], isWhole: Bool) {
        try opened(path, name) { descriptor, facts in
            (try read(descriptor, Int(min(Int64(count), facts.size)), name), facts.size <= Int64(count))
        }
    }

    /// A copy at a path that must be free.
    static func copy(_ path: String, to target: String, name: String) throws {
        try opened(path, name) { descriptor, _ in
            try FileCopy.make(from: descriptor, to: target, isLinkable: false, source: nil)
        }
    }

    private static func opened<Result>(
        _ path: String, _ name: String, _ body: (CInt, FileFacts) throws -> Result
    ) throws -> Result {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else {
            let number = errno
            throw AppFailure(
                "\(name) could not be read: \(String(cString: strerror(number)))",
                code: number == ENOENT || number == ENOTDIR ? .fileNotFound : .fileStorage)
        }
        defer { close(descriptor) }
        guard let facts = FileFacts(of: descriptor), facts.isRegular else {
            throw AppFailure("\(name) is no regular file", code: .fileNotFound)
        }
        return try body(descriptor, facts)
    }

    private static func read(_ descriptor: CInt, _ count: Int, _ name: String) throws -> [UInt8] {
        var failure: CInt?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
            while done < count {
                let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[done..<count])
                let got = systemRead(descriptor, rest, Int64(done))
                if got < 0 { failure = errno }
                guard got > 0 else { return }
                done += got
            }
        }
        if let failure {
            throw AppFailure("\(name) could not be read: \(String(cString: strerror(failure)))", code: .fileStorage)
        }
        return bytes
    }
}
