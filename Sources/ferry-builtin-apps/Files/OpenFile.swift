// SPDX-License-Identifier: Apache-2.0

import FerryApp

#if canImport(Musl)
import Musl
#elseif canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A local file that is read from its beginning. Every call blocks: make it inside ``BlockingWork``.
struct OpenFile: ~Copyable {
    /// Bytes, when it was opened.
    let size: Int64
    private let descriptor: Int32
    private let name: String

    /// - Parameter name: what messages call it.
    /// - Throws: ``AppFailure`` if it cannot be read.
    init(_ path: String, called name: String) throws(AppFailure) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Self.failure(name, errno) }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw AppFailure("\(name) is no regular file")
        }
        self.descriptor = descriptor
        self.name = name
        size = Int64(facts.st_size)
    }

    deinit { close(descriptor) }

    /// The next bytes, so many unless the file ends before.
    func read(_ count: Int) throws(AppFailure) -> [UInt8] {
        var code: Int32?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
            while done < count {
                let got = systemRead(descriptor, buffer.baseAddress?.advanced(by: done), count - done)
                if got < 0 && errno == EINTR { continue }
                if got < 0 { code = errno }
                guard got > 0 else { return }
                done += got
            }
        }
        if let code { throw Self.failure(name, code) }
        return bytes
    }

    private static func failure(_ name: String, _ code: Int32) -> AppFailure {
        AppFailure("\(name) cannot be read: \(String(cString: strerror(code)))")
    }
}

private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(descriptor, buffer, count)
}
