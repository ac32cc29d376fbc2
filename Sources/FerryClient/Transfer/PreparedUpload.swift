// SPDX-License-Identifier: Apache-2.0

import FerryWire
import NIOCore
import NIOPosix

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
    ///   - systemType: what the system says of the name.
    private init(
        _ source: UploadSource, _ options: UploadFileOptions, defaultName: String? = nil, ownType: MediaType? = nil,
        head: [UInt8], systemType: String? = nil
    ) throws {
        let filename = try Self.label(options.filename ?? defaultName)
        self.source = source
        contentType =
            try Self.declaredType(options.contentType) ?? ownType?.description
            ?? MediaType.detect(
                head: head, filename: filename, isWhole: source.size == Int64(head.count), systemType: systemType)
        partial = PartialFile(
            filename: filename, contentType: contentType, path: options.path, size: source.size,
            isPublic: options.public, expiresIn: try options.secondsToLive)
    }

    /// The label of a name, as the server would make it.
    private static func label(_ name: String?) throws -> String? {
        do {
            return try name.map { try Filename.label($0) }
        } catch {
            throw FerryError(.invalidInput, "\(error); give another name by the option filename")
        }
    }

    /// The media type a caller gave; `application/octet-stream` for text that is none.
    private static func declaredType(_ given: String?) throws -> String? {
        guard let given, !given.isEmpty else { return nil }
        guard given.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw FerryError(
                .invalidInput, "the option contentType holds a control character; write a media type as image/png")
        }
        return (MediaType(given) ?? .octetStream).description
    }

    /// A local file.
    static func file(_ path: String, _ options: UploadFileOptions, _ transport: Transport) async throws -> Self {
        try await file(try await SourceFile.opened(path, on: transport.threads), options)
    }

    /// A local file that is open already.
    static func file(_ file: SourceFile, _ options: UploadFileOptions) async throws -> Self {
        let head = options.contentType == nil ? try await file.head(MediaType.headLength) : []
        let name = file.path.split(separator: "/").last.map(String.init)
        let systemType = await SystemTypes.shared.type(ofFilename: options.filename ?? name, on: file.threads)
        return try PreparedUpload(.file(file), options, defaultName: name, head: head, systemType: systemType)
    }

    /// Bytes in memory.
    ///
    /// - Parameter systemType: what the system says of the name, if that has been asked.
    static func bytes(
        _ bytes: some Collection<UInt8>, _ options: UploadFileOptions, systemType: String? = nil
    ) throws -> Self {
        let head = Array(bytes.prefix(MediaType.headLength))
        return try PreparedUpload(
            .bytes(ByteBuffer(bytes: bytes)), options, head: head, systemType: systemType)
    }

    /// A stream.
    static func stream(
        _ stream: ChunkStream, _ options: UploadFileOptions, systemType: String? = nil
    ) throws -> Self {
        try PreparedUpload(.stream(stream), options, head: [], systemType: systemType)
    }

    /// The text of a data URI. Takes time by its length.
    ///
    /// - Throws: ``FerryError`` (`invalidDataURI`, `limitExceeded`).
    static func dataURI(_ text: String, _ options: UploadFileOptions, upTo maximumSize: Int) throws -> Self {
        let content = try InlineContent(dataURI: text, upTo: maximumSize)
        return try PreparedUpload(.inline(content), options, ownType: content.mediaType, head: [])
    }

    /// Base64 text, standard alphabet with padding. Takes time by its length.
    ///
    /// - Throws: ``FerryError`` (`invalidInput`, `limitExceeded`).
    static func base64(
        _ text: String, _ options: UploadFileOptions, upTo maximumSize: Int, systemType: String? = nil
    ) throws -> Self {
        let content = try InlineContent(base64: text, upTo: maximumSize)
        return try PreparedUpload(
            .inline(content), options, head: content.head(MediaType.headLength), systemType: systemType)
    }

    /// A data URI or base64 text, looked through on the thread pool.
    static func text(_ text: String, _ options: UploadFileOptions, _ transport: Transport) async throws -> Self {
        let limit = transport.configuration.limits.maximumInlineSize
        let systemType = await SystemTypes.shared.type(ofFilename: options.filename, on: transport.threads)
        return try await transport.threads.runIfActive {
            DataURI.hasScheme(text)
                ? try dataURI(text, options, upTo: limit)
                : try base64(text, options, upTo: limit, systemType: systemType)
        }
    }
}
