// SPDX-License-Identifier: Apache-2.0

import FerryWire
import NIOCore

/// An upload with everything decided that its record needs.
struct PreparedUpload: Sendable {
    var source: UploadSource
    var partial: PartialFile
    /// The media type, as the PUT sends it too.
    var contentType: String

    /// An upload of this source.
    ///
    /// - Parameters:
    ///   - defaultName: the name unless the options have one.
    ///   - ownType: the type that the source itself states.
    ///   - head: the first bytes, to tell the type by.
    private init(
        _ source: UploadSource, _ options: UploadFileOptions, defaultName: String? = nil, ownType: String? = nil,
        head: some Collection<UInt8>
    ) throws {
        let filename = options.filename ?? defaultName
        if let filename {
            do {
                _ = try Filename.label(filename)
            } catch {
                throw FerryError(.invalidInput, "\(error); give another name by the option filename")
            }
        }
        if let type = options.contentType, MediaType(type) == nil {
            throw FerryError(.invalidInput, "the option contentType is no media type; write it as image/png")
        }
        self.source = source
        contentType =
            options.contentType ?? ownType ?? ContentTypeDetection.mediaType(head: head, filename: filename)
        partial = PartialFile(
            filename: filename, contentType: contentType, path: options.path, size: source.size,
            isPublic: options.public)
    }

    /// A local file.
    static func file(_ path: String, _ options: UploadFileOptions, _ transport: Transport) async throws -> Self {
        let file = try await SourceFile.opened(path, on: transport.threads)
        let head = options.contentType == nil ? try await file.head(ContentTypeDetection.headLength) : []
        let name = path.split(separator: "/").last.map(String.init)
        return try PreparedUpload(.file(file), options, defaultName: name, head: head)
    }

    /// Bytes in memory.
    static func bytes(_ bytes: some Collection<UInt8>, _ options: UploadFileOptions) throws -> Self {
        let head = bytes.prefix(ContentTypeDetection.headLength)
        return try PreparedUpload(.bytes(ByteBuffer(bytes: bytes)), options, head: head)
    }

    /// A stream.
    static func stream(_ stream: ChunkStream, _ options: UploadFileOptions) throws -> Self {
        try PreparedUpload(.stream(stream), options, head: [])
    }

    /// The text of a data URI.
    ///
    /// - Throws: ``FerryError`` (`invalidDataURI`).
    static func dataURI(_ text: String, _ options: UploadFileOptions, upTo maximumSize: Int) throws -> Self {
        let uri: DataURI
        do {
            uri = try DataURI(text, maximumSize: maximumSize)
        } catch {
            throw FerryError(.invalidDataURI, "\(error)")
        }
        return try PreparedUpload(
            .bytes(ByteBuffer(bytes: uri.bytes)), options, ownType: uri.mediaType.description, head: [])
    }

    /// Base64 text, standard alphabet with padding.
    ///
    /// - Throws: ``FerryError`` (`invalidInput`, `limitExceeded`).
    static func base64(_ text: String, _ options: UploadFileOptions, upTo maximumSize: Int) throws -> Self {
        guard text.utf8.count / 4 * 3 <= maximumSize + 2 else {
            throw FerryError(
                .limitExceeded, "the base64 text holds more than \(maximumSize) bytes; upload a file instead")
        }
        guard !text.isEmpty, let bytes = Base64.decode(strict: Array(text.utf8)) else {
            throw FerryError(
                .invalidInput,
                "the text is neither a data: URI nor base64; to upload a file use upload(path:), to upload the text "
                    + "itself pass its bytes")
        }
        return try self.bytes(bytes, options)
    }

    /// A data URI or base64 text.
    static func text(_ text: String, _ options: UploadFileOptions, upTo maximumSize: Int) throws -> Self {
        DataURI.hasScheme(text)
            ? try dataURI(text, options, upTo: maximumSize) : try base64(text, options, upTo: maximumSize)
    }
}
