// SPDX-License-Identifier: Apache-2.0

/// What is to become different in a file's record; what is nil stays.
public struct FileChange: Sendable, Hashable {
    /// The bytes of a pending file and their media type.
    public struct Bytes: Sendable, Hashable {
        /// Where they are and what they are.
        public var blob: BlobReference
        /// Their media type.
        public var contentType: String

        /// Bytes.
        public init(blob: BlobReference, contentType: String) {
            self.blob = blob
            self.contentType = contentType
        }
    }

    /// New name label.
    public var filename: String?
    /// New storage path.
    public var path: String?
    /// Whether anyone may fetch the content.
    public var isPublic: Bool?
    /// The bytes, which a record gets once.
    public var bytes: Bytes?

    /// A change.
    public init(filename: String? = nil, path: String? = nil, isPublic: Bool? = nil, bytes: Bytes? = nil) {
        self.filename = filename
        self.path = path
        self.isPublic = isPublic
        self.bytes = bytes
    }

    /// The record with this change made; nil if it has its bytes already and the change brings some.
    public func applied(to record: FileRecord) -> FileRecord? {
        var changed = record
        if let filename { changed.filename = filename }
        if let path { changed.path = path }
        if let isPublic { changed.isPublic = isPublic }
        if let bytes {
            guard record.blob == nil else { return nil }
            changed.blob = bytes.blob
            changed.contentType = bytes.contentType
            changed.hasGuessedType = false
        }
        return changed
    }
}
