// SPDX-License-Identifier: Apache-2.0

package import FerrySigning
package import FerryWire

/// Links that carry their own right: who holds one may do what it says until it expires.
///
/// A link is not tied to the key it was got with: it goes on working when that key is revoked, as a ticket sold does, for
/// at most ``ServerLimits/linkLifetime``, or as long as its caller asked for. It gives one file's bytes or takes them
/// once. To end it sooner, delete the file.
package struct LinkService: Sendable {
    private let signer: LinkSigner
    private let limits: ServerLimits
    private let clock: ServerClock

    package init(signer: LinkSigner, limits: ServerLimits, clock: ServerClock) {
        self.signer = signer
        self.limits = limits
        self.clock = clock
    }

    /// The path of a file's content: its name ends in an extension that tells its type.
    package static func contentPath(id: String, filename: String, contentType: String) -> String {
        var name = Filename.safe(filename)
        if MediaType(filename: name) == nil, let suffix = MediaType(contentType)?.preferredExtension {
            name += ".\(suffix)"
        }
        return Routes.content.path(id, name)
    }

    /// The link to a file's content: unsigned for a public file, else signed and good for a day.
    package func contentLink(_ record: FileRecord, base: String) -> String {
        let path = Self.contentPath(id: record.id, filename: record.filename, contentType: record.contentType)
        return record.isPublic ? base + path : base + path + "?" + sign(.content, path: path, id: record.id)
    }

    /// A link to a file's content that works so many seconds; a public file's works as long as the file is public.
    ///
    /// - Throws: ``ServerError`` for a lifetime below 1 or above ``ServerLimits/maximumLinkLifetime``.
    package func contentLink(
        _ record: FileRecord, base: String, lifetime: Int64
    ) throws(ServerError) -> FileLink {
        guard (1...limits.maximumLinkLifetime).contains(lifetime) else {
            throw ServerError(.validation, "/expires_in: must be 1 to \(limits.maximumLinkLifetime) seconds")
        }
        let path = Self.contentPath(id: record.id, filename: record.filename, contentType: record.contentType)
        if record.isPublic { return FileLink(url: base + path, expiresAt: record.expiresAt) }
        // Links count whole seconds.
        let expires = Timestamp(seconds: clock.now().seconds + lifetime)
        let query = sign(.content, path: path, id: record.id, expires: expires.seconds)
        return FileLink(url: base + path + "?" + query, expiresAt: min(expires, record.expiresAt ?? expires))
    }

    /// The link to the content of a task's output file.
    package func contentLink(uri: FileURI, contentType: String, base: String) -> String {
        let path = Self.contentPath(id: uri.id, filename: uri.filename, contentType: contentType)
        return base + path + "?" + sign(.content, path: path, id: uri.id)
    }

    /// The link that takes a pending file's bytes.
    package func uploadLink(_ record: FileRecord, base: String) -> String {
        let path = Routes.upload.path(record.id)
        let maximum = record.declaredSize ?? limits.maximumFileSize
        return base + path + "?" + sign(.upload, path: path, id: record.id, maximumSize: maximum)
    }

    private func sign(
        _ operation: LinkOperation, path: String, id: String, maximumSize: Int64? = nil, expires: Int64? = nil
    ) -> String {
        signer.sign(
            LinkClaims(
                operation: operation, path: path, fileID: id, teamID: "",
                expires: expires ?? clock.now().seconds + limits.linkLifetime, maximumSize: maximumSize))
    }

    /// Checks a link's signature, before anything is looked up.
    ///
    /// - Throws: ``ServerError`` of code `signature_invalid` or `url_expired`.
    package func verify(
        _ operation: LinkOperation, path: String, query: String, id: String
    ) throws(ServerError) -> VerifiedLink {
        do throws(LinkRefusal) {
            return try signer.verify(
                query: query, operation: operation, path: path, fileID: id, teamID: "", now: clock.now().seconds)
        } catch {
            switch error {
            case .expired:
                throw ServerError(.urlExpired, "this link has expired; get the file's record again for a fresh one")
            case .invalid, .missing:
                throw ServerError(
                    .signatureInvalid, "the link's signature does not match; use the link as it was given")
            }
        }
    }

    /// The file a link of ours leads to, signature and expiry not looked at; nil for other addresses.
    package static func fileURI(ofLink text: String, bases: [String]) -> FileURI? {
        guard let base = bases.first(where: { text.utf8.starts(with: $0.utf8) }) else { return nil }
        let path = String(
            decoding: text.utf8.dropFirst(base.utf8.count).prefix { $0 != 0x3F && $0 != 0x23 }, as: UTF8.self)
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 4, parts[0].isEmpty, parts[1] == Routes.content.segments[0], Identifier.isValid(parts[2])
        else { return nil }
        return FileURI(id: parts[2], filename: PercentEncoding.decode(parts[3]) ?? "")
    }
}
