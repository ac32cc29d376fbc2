// SPDX-License-Identifier: Apache-2.0

import FerryWire
import NIOPosix

/// Where the bytes of a download are, and what is known of them beforehand.
struct DownloadTarget: Sendable {
    /// Where the bytes are.
    enum Place: Sendable {
        case web(WebAddress)
        case inline(InlineContent)
    }

    var place: Place
    /// Id of the record, to ask for a fresh link by.
    var fileID: String?
    var filename: String?
    var size: Int64?
    var sha256: [UInt8]?

    /// Finds out where a reference leads; asks the server where that is needed.
    ///
    /// - Throws: ``FerryError``.
    static func resolve(_ reference: DownloadReference, _ transport: Transport) async throws -> DownloadTarget {
        switch reference.kind {
        case .record(let file):
            if let target = record(file) { return target }
            guard !file.id.isEmpty else {
                throw FerryError(.invalidInput, "the record has neither a link nor an id; get it from the server again")
            }
            return try await fetched(id: file.id, transport)
        case .text(let text): return try await resolve(text, transport)
        }
    }

    private static func resolve(_ text: String, _ transport: Transport) async throws -> DownloadTarget {
        if DataURI.hasScheme(text) {
            let limit = transport.configuration.limits.maximumInlineSize
            let content = try await transport.threads.runIfActive { try InlineContent(dataURI: text, upTo: limit) }
            return DownloadTarget(place: .inline(content), size: Int64(content.size))
        }
        if let address = WebAddress(text) {
            let id = FileReferences.linkID(address, base: transport.base)
            return DownloadTarget(place: .web(address), fileID: id)
        }
        return try await fetched(id: try FileReferences.id(in: text, base: transport.base), transport)
    }

    /// A record by its id.
    static func fetched(id: String, _ transport: Transport) async throws -> DownloadTarget {
        let file: FileDTO = try await transport.call(Routes.getFile, Routes.getFile.path(id))
        guard let target = record(file) else {
            throw FerryError(
                .conflict, "the file \(id) has no bytes yet; its upload was not finished", isRetryable: true)
        }
        return target
    }

    /// A record that carries a link of its own.
    private static func record(_ file: FileDTO) -> DownloadTarget? {
        let links = [file.url, file.uri]
        guard let address = links.lazy.compactMap({ WebAddress($0) }).first else { return nil }
        // Size and digest of a record without bytes are only what its uploader declared.
        let isReady = file.uploadURL.isEmpty
        return DownloadTarget(
            place: .web(address), fileID: file.id.isEmpty ? nil : file.id,
            filename: file.filename.isEmpty ? nil : file.filename,
            size: isReady && file.sha256 != nil ? file.size : nil,
            sha256: isReady ? ReprDigest.sha256(hexadecimal: file.sha256) : nil)
    }
}
