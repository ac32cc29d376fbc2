// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Files whose size is not known before they are read, as those of `/proc`.
enum ProcessFile {
    /// The first `limit` bytes of a file; nil if there is none. Blocks.
    static func read(_ path: String, upTo limit: Int) -> [UInt8]? {
        let raw = open(path, O_RDONLY | O_CLOEXEC)
        guard raw >= 0 else { return nil }
        let file = Descriptor(raw)
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count < limit {
            let count = buffer.withUnsafeMutableBytes { Self.readSome(file, $0) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            bytes += buffer.prefix(min(count, limit - bytes.count))
        }
        return bytes
    }

    private static func readSome(_ file: Descriptor, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
        #if canImport(Darwin)
        Darwin.read(file.raw, buffer.baseAddress, buffer.count)
        #elseif canImport(Musl)
        Musl.read(file.raw, buffer.baseAddress, buffer.count)
        #else
        Glibc.read(file.raw, buffer.baseAddress, buffer.count)
        #endif
    }
}
