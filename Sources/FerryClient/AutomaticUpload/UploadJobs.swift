// SPDX-License-Identifier: Apache-2.0

import Crypto
import FerryWire
import NIOCore

/// One file to be uploaded, and all the places that want it.
struct UploadJob: Sendable {
    var file: UploadPlan.PlannedFile
    var pointers: [JSONPointer]

    /// The files of a plan, equal ones once: the same file of the disk, or the same bytes with the same type and name.
    ///
    /// Bytes are compared by their SHA-256, and only where there are two files of bytes at least. Hashing may take a
    /// while: it belongs on the thread pool.
    static func jobs(_ files: [(UploadPlan.PlannedFile, JSONPointer)]) -> [UploadJob] {
        let isHashing = files.count { $0.0.isInline } > 1
        var jobs: [UploadJob] = []
        var known: [Key: Int] = [:]
        for (file, pointer) in files {
            let key = Key(file, isHashing: isHashing)
            if let key, let index = known[key] {
                jobs[index].pointers.append(pointer)
                continue
            }
            if let key { known[key] = jobs.count }
            jobs.append(UploadJob(file: file, pointers: [pointer]))
        }
        return jobs
    }

    /// What makes two files one.
    private struct Key: Hashable {
        enum Content: Hashable {
            case file(device: UInt64, inode: UInt64)
            case digest([UInt8])
        }

        var content: Content
        var contentType: [UInt8]?
        var filename: [UInt8]?

        init?(_ planned: UploadPlan.PlannedFile, isHashing: Bool) {
            guard planned.stream == nil else { return nil }
            if let found = planned.found {
                content = .file(device: found.identity.device, inode: found.identity.inode)
                contentType = planned.contentType.map { Array($0.utf8) }
                return
            }
            guard isHashing else { return nil }
            var type = planned.contentType
            var name = planned.filename
            switch planned.file {
            case .data(let bytes, let filename, let own):
                content = .digest(Array(SHA256.hash(data: bytes)))
                type = type ?? own
                name = name ?? filename
            case .dataURI(let text):
                guard let inline = try? InlineContent(dataURI: text, upTo: .max), let digest = inline.sha256 else {
                    return nil
                }
                content = .digest(digest)
                type = type ?? inline.mediaType?.description
            case .base64(let text):
                guard let digest = (try? InlineContent(base64: text, upTo: .max))?.sha256 else { return nil }
                content = .digest(digest)
            case .path, .uri, .record: return nil
            }
            // As bytes: two spellings of one letter are two names.
            contentType = type.map { Array($0.utf8) }
            filename = name.map { Array($0.utf8) }
        }
    }
}

extension UploadPlan.PlannedFile {
    /// Whether its bytes stand in the input itself.
    fileprivate var isInline: Bool {
        switch file {
        case _ where stream != nil: false
        case .data, .dataURI, .base64: true
        case .path, .uri, .record: false
        }
    }
}

extension InlineContent {
    /// Bytes of text decoded at once.
    private static let pieceLength = 256 << 10

    /// SHA-256 of the bytes; nil if they cannot be decoded.
    fileprivate var sha256: [UInt8]? {
        var pieces = pieces(of: Self.pieceLength)
        var hasher = SHA256()
        do {
            while let piece = try pieces.next() {
                piece.withUnsafeReadableBytes { hasher.update(bufferPointer: $0) }
            }
        } catch {
            return nil
        }
        return Array(hasher.finalize())
    }
}
