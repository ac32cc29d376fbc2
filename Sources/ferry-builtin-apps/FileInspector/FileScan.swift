// SPDX-License-Identifier: Apache-2.0

import Crypto
import FerryApp

#if canImport(Musl)
import Musl
#elseif canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// One reading of a file from beginning to end, in pieces.
struct FileScan: Sendable {
    /// Bytes read at a time.
    private static let chunk = 1 << 20
    /// Most bytes kept of the beginning.
    static let headLength = 16 << 10

    /// Bytes read.
    private(set) var size: Int64 = 0
    /// SHA-256 of them, 64 lower-case hex digits.
    private(set) var sha256 = ""
    /// The first ``headLength`` bytes.
    private(set) var head: [UInt8] = []

    /// Reads the file; blocks.
    ///
    /// - Throws: `AppFailure` when it cannot be read, `CancellationError` once the flag is raised.
    init(of file: File, flag: StopFlag, progress: (Int64) -> Void) throws {
        let descriptor = open(try file.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Self.failure(file, errno) }
        defer { close(descriptor) }
        var digest = SHA256()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.chunk, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            try flag.check()
            let count = read(descriptor, buffer.baseAddress, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw Self.failure(file, errno) }
            if count == 0 { break }
            let piece = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            digest.update(bufferPointer: piece)
            if head.count < Self.headLength { head.append(contentsOf: piece.prefix(Self.headLength - head.count)) }
            size += Int64(count)
            progress(size)
        }
        sha256 = Self.hex(digest.finalize())
    }

    private static func failure(_ file: File, _ code: Int32) -> AppFailure {
        AppFailure("\(file.filename) cannot be read: \(String(cString: strerror(code)))")
    }

    private static func hex(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        let text = bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }
}
