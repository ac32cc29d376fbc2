// SPDX-License-Identifier: Apache-2.0

package import FerryWire

/// Turns records into what callers see, with links that begin with the address the caller used.
package struct FilePresenter: Sendable {
    /// Scheme and authority, without a slash at the end.
    package let base: String
    private let links: LinkService

    package init(links: LinkService, base: String) {
        self.links = links
        self.base = base
    }

    /// The record as the API shows it.
    package func present(_ record: FileRecord) -> FileDTO {
        FileDTO(
            id: record.id, createdAt: record.createdAt, updatedAt: record.updatedAt, userID: record.userID,
            teamID: record.teamID, visibility: record.isPublic ? "public" : "team", path: record.path,
            uploadURL: record.isReady ? "" : links.uploadLink(record, base: base), uri: Self.uri(record).description,
            url: record.isReady ? links.contentLink(record, base: base) : "", contentType: record.contentType,
            size: record.blob?.digest.size ?? record.declaredSize ?? 0, filename: record.filename,
            category: record.category, sha256: record.blob?.digest.sha256,
            expiresAt: record.expiresAt)
    }

    /// A just-made record: as ``present(_:)``, and with the link the content will have.
    package func presentNew(_ record: FileRecord) -> FileDTO {
        var file = present(record)
        file.url = links.contentLink(record, base: base)
        return file
    }

    /// A link to a ready file's content that works as long as was asked for.
    package func link(_ record: FileRecord, _ request: LinkRequest) throws(ServerError) -> FileLink {
        guard record.isReady else {
            throw ServerError(.conflict, "the file's bytes have not been uploaded yet; upload them first")
        }
        return try links.contentLink(record, base: base, lifetime: request.expiresIn)
    }

    /// The stable address of a file.
    package static func uri(_ record: FileRecord) -> FileURI { FileURI(id: record.id, filename: record.filename) }

    /// A link to a stored file's content.
    package func link(uri: FileURI, contentType: String) -> String {
        links.contentLink(uri: uri, contentType: contentType, base: base)
    }

    /// A task's output with `inf://` addresses of files replaced by links anyone can fetch.
    package func present(output: JSONValue) -> JSONValue {
        switch output {
        case .array(let elements): return .array(elements.map(present(output:)))
        case .object(var object):
            if let text = object["uri"]?.stringValue, let uri = FileURI(text) {
                let type = object["content_type"]?.stringValue ?? MediaType.octetStream.description
                object["uri"] = .string(link(uri: uri, contentType: type))
                return .object(object)
            }
            return .object(object.mapValues { present(output: $1) })
        default: return output
        }
    }
}
