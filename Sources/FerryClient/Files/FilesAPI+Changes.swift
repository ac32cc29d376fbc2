// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// Who may fetch a file's content.
public enum FileVisibility: String, Sendable, Hashable, CaseIterable {
    /// Anyone, by the file's link, for as long as the file is public.
    case `public`
    /// The owner alone, where the server tells users of a team apart; else as ``team``.
    case `private`
    /// The owning team.
    case team
}

extension FilesAPI {
    /// Longest life of a link, in seconds: a week.
    static let maximumLinkSeconds: Int64 = 604_800

    /// Changes a file's name, storage path or both; its bytes and its id stay, and so do the addresses given out.
    ///
    /// - Parameters:
    ///   - filename: the new name label; nil to keep it.
    ///   - path: the new storage path, empty for none; nil to keep it.
    /// - Returns: the record as it is now.
    /// - Throws: ``FerryError`` (`notFound`, `invalidInput` for a name that cannot be or if both are nil).
    @discardableResult
    public func rename(_ id: String, filename: String? = nil, path: String? = nil) async throws -> FileDTO {
        let id = try FileReferences.id(in: id, base: transport.base)
        guard filename != nil || path != nil else {
            throw FerryError(.invalidInput, "nothing to change; give filename or path")
        }
        do {
            _ = try filename.map { try Filename.label($0) }
        } catch {
            throw FerryError(.invalidInput, "\(error); give another name")
        }
        let change = FileUpdate(filename: filename, path: path)
        return try await transport.call(Routes.updateFile, Routes.updateFile.path(id), body: change.json)
    }

    /// Changes who may fetch a file's content. Links without a signature stop working when a file is public no more.
    ///
    /// - Returns: the record as it is now.
    /// - Throws: ``FerryError`` (`notFound`, and what concerns the connection).
    @discardableResult
    public func setVisibility(_ id: String, _ visibility: FileVisibility) async throws -> FileDTO {
        let id = try FileReferences.id(in: id, base: transport.base)
        let change = VisibilityChange(visibility: visibility.rawValue)
        return try await transport.call(
            Routes.setFileVisibility, Routes.setFileVisibility.path(id), body: change.json, safety: .repeatable)
    }

    /// A link to a file's content for a plain GET without a key. Whoever has it may fetch the content.
    ///
    /// - Parameters:
    ///   - id: the file.
    ///   - expiresIn: how long the link works, a second to a week; a day unless told. A public file's link does not
    ///     expire.
    /// - Throws: ``FerryError`` (`notFound`, `invalidInput` for another duration, `conflict` while there are no bytes).
    public func link(_ id: String, expiresIn: Duration = .seconds(LinkRequest.defaultLifetime)) async throws -> FileLink
    {
        let id = try FileReferences.id(in: id, base: transport.base)
        let seconds = expiresIn.components.seconds
        guard (1...Self.maximumLinkSeconds).contains(seconds) else {
            throw FerryError(.invalidInput, "a link works for a second to a week; give another expiresIn")
        }
        let request = LinkRequest(expiresIn: seconds)
        return try await transport.call(
            Routes.createFileLink, Routes.createFileLink.path(id), body: request.json, safety: .repeatable)
    }
}
