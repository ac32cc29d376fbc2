// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import NIOCore
import NIOPosix

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

extension DiskWorkspace {
    /// Bytes copied at a time.
    private static let chunk = 1 << 20
    /// Asks Linux to let two files share their blocks until one is written to.
    private static let cloneRequest: UInt = 0x4004_9409

    /// Puts stored bytes into a folder of their own as a clone or, where the disk cannot do that, a copy; never as a
    /// link, as the app may write to it.
    func place(_ blob: any BlobReader, filename: String) async throws -> String {
        try await place(filename) { file in
            if let local = blob as? any LocalBlobReader {
                let path = local.localPath
                let size = local.size
                try await threadPool.runIfActive { try Self.copy(path, size: size, to: file) }
            } else {
                try await copy(blob, to: file)
            }
        }
    }

    func place(_ chunks: any AsyncSequence<ByteBuffer, any Error> & Sendable, filename: String) async throws -> String {
        try await place(filename) { file in
            for try await chunk in chunks {
                try await threadPool.runIfActive { try Self.write(Array(chunk.readableBytesView), to: file) }
            }
        }
    }

    private func place(_ filename: String, _ fill: (Descriptor) async throws -> Void) async throws -> String {
        let folder = String(nextNumber())
        let name = Self.name(for: filename)
        do {
            let file = try await threadPool.runIfActive { [input, worker] in
                let folder = try input.makeFolder(folder)
                let file = try folder.makeFile(name)
                // The file first: in a folder that is not its yet the app cannot put another in its place.
                try file.give(to: worker.user)
                try folder.give(to: worker.user)
                return file
            }
            try await fill(file)
        } catch let failure as SystemFailure {
            throw ServerError(failure, doing: "give the app its files")
        }
        return "\(path)/\(Self.inputName)/\(folder)/\(name)"
    }

    /// A name that the disk takes.
    private static func name(for filename: String) -> String {
        var name = Filename.safe(filename)
        while name.utf8.count > Filename.maximumLength { name.unicodeScalars.removeLast() }
        return name
    }

    private func copy(_ blob: any BlobReader, to file: Descriptor) async throws {
        var offset: Int64 = 0
        while offset < blob.size {
            let bytes = try await blob.read(at: offset, maximumLength: Self.chunk)
            guard bytes.readableBytes > 0 else { throw Self.short }
            try await threadPool.runIfActive { try Self.write(Array(bytes.readableBytesView), to: file) }
            offset += Int64(bytes.readableBytes)
        }
    }

    private static var short: ServerError {
        ServerError(.internalError, "the stored file is shorter than its record says")
    }

    private static func copy(_ path: String, size: Int64, to file: Descriptor) throws {
        let source = try Descriptor.file(at: path)
        #if os(Linux)
        if ioctl(file.raw, cloneRequest, source.raw) == 0 {
            guard try file.facts().st_size == size else { throw short }
            return
        }
        #endif
        var copied: Int64 = 0
        while copied < size {
            let wanted = Int(min(Int64(chunk), size - copied))
            let bytes = try read(source, at: copied, wanted)
            guard !bytes.isEmpty else { throw short }
            try write(bytes, to: file)
            copied += Int64(bytes.count)
        }
    }

    private static func read(_ source: Descriptor, at offset: Int64, _ count: Int) throws(SystemFailure) -> [UInt8] {
        var code: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { storage, filled in
            var got: Int
            repeat {
                got = pread(source.raw, storage.baseAddress, count, off_t(offset))
            } while got < 0 && errno == EINTR
            if got < 0 { code = errno }
            filled = max(0, got)
        }
        guard code == 0 else { throw SystemFailure(call: "reading stored bytes", code: code) }
        return bytes
    }

    private static func write(_ bytes: [UInt8], to file: Descriptor) throws {
        try bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count {
                let written = writeSome(file.raw, buffer.baseAddress?.advanced(by: done), buffer.count - done)
                if written < 0 {
                    guard errno == EINTR else { throw SystemFailure(call: "writing a file", code: errno) }
                } else {
                    done += written
                }
            }
        }
    }
}

/// The system's `write`, by a name that no method has.
private func writeSome(_ file: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int { write(file, bytes, count) }
