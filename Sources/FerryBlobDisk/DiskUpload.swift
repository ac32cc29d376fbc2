// SPDX-License-Identifier: Apache-2.0

internal import Crypto
internal import FerryServerCore
internal import FerryWire
internal import NIOCore

/// One upload's file and what is known of its bytes. Every call blocks: for the thread pool only.
struct DiskUpload {
    private enum Phase {
        case open
        case finished(BlobDigest)
        case committed(BlobReference)
        /// The file is gone.
        case dropped(ServerError)
    }

    private let folder: BlobFolder
    private let name: String
    private let team: String
    private var file: Descriptor?
    private var hasher = SHA256()
    private var size: Int64 = 0
    private var sizeAtNextCheck: Int64
    private var phase = Phase.open

    init(folder: BlobFolder, file: Descriptor, name: String, team: String) {
        self.folder = folder
        self.file = file
        self.name = name
        self.team = team
        sizeAtNextCheck = folder.limits.spaceCheckInterval
    }

    /// Writes bytes behind those that came. After a failure the file is gone, and every further call fails alike.
    mutating func append(_ chunks: [ByteBuffer]) throws(ServerError) {
        let file = try openFile()
        for chunk in chunks {
            do throws(ServerError) {
                try append(chunk, to: file)
            } catch {
                drop(because: error)
                throw error
            }
        }
    }

    private mutating func append(_ chunk: ByteBuffer, to file: Descriptor) throws(ServerError) {
        if size + Int64(chunk.readableBytes) >= sizeAtNextCheck {
            try folder.requireSpace(for: Int64(chunk.readableBytes))
            sizeAtNextCheck = size + Int64(chunk.readableBytes) + folder.limits.spaceCheckInterval
        }
        let calls = folder.calls
        let offset = size
        let outcome = chunk.withUnsafeReadableBytes { bytes -> Result<Void, SystemError> in
            hasher.update(bufferPointer: bytes)
            return Result { () throws(SystemError) in try calls.writeAll(bytes, to: file, at: offset) }
        }
        if case .failure(let error) = outcome { throw error.serverError }
        size += Int64(chunk.readableBytes)
    }

    private func openFile() throws(ServerError) -> Descriptor {
        switch phase {
        case .open:
            guard let file else { throw .misuse("the upload has no file") }
            return file
        case .finished, .committed: throw .misuse("bytes came after the upload's end")
        case .dropped(let error): throw error
        }
    }

    /// Ends the bytes. The same answer again if asked again.
    mutating func finish() throws(ServerError) -> BlobDigest {
        switch phase {
        case .open:
            let digest = BlobDigest(size: size, sha256: hasher.finalize().hexadecimal)
            phase = .finished(digest)
            return digest
        case .finished(let digest): return digest
        case .committed(let reference): return reference.digest
        case .dropped(let error): throw error
        }
    }

    /// Makes the bytes durable and readable. The same answer again if asked again.
    mutating func commit() throws(ServerError) -> BlobReference {
        switch phase {
        case .open: throw .misuse("the upload was not finished before its commit")
        case .committed(let reference): return reference
        case .dropped(let error): throw error
        case .finished(let digest):
            do throws(ServerError) {
                let reference = try commit(digest)
                phase = .committed(reference)
                file = nil
                return reference
            } catch {
                drop(because: error)
                throw error
            }
        }
    }

    private func commit(_ digest: BlobDigest) throws(ServerError) -> BlobReference {
        guard let file, let key = BlobKey(team: team, sha256: digest.sha256) else {
            throw .misuse("the upload has no file or no team")
        }
        do throws(SystemError) {
            try folder.calls.makeDurable(file, "make a blob durable")
        } catch {
            throw error.serverError
        }
        try folder.publish(name, size: digest.size, as: key)
        return BlobReference(key: key.description, digest: digest)
    }

    /// Drops the bytes, unless they are committed or gone already.
    mutating func abort() {
        switch phase {
        case .open, .finished: drop(because: .misuse("the upload was given up"))
        case .committed, .dropped: break
        }
    }

    private mutating func drop(because error: ServerError) {
        phase = .dropped(error)
        file = nil
        // What cannot be removed now is removed at the next start.
        _ = try? folder.temporary.unlink(name)
    }
}
