// SPDX-License-Identifier: Apache-2.0

internal import FerryWire

/// What may be attached to a message: files of the caller's team, links of ours, data URIs, and addresses of the web.
struct AttachmentRules: Sendable {
    let files: FileService
    let foreign: ForeignFiles
    let limits: ServerLimits

    /// Attachments that are all there.
    struct Resolved: Sendable {
        /// With `inf://` addresses, or such of the web, and with name, type and size where they are known.
        let references: [FileRef]
        /// Files that were made of inline bytes for this message.
        let made: [FileURI]
    }

    /// The attachments, checked, in order; inline bytes are stored.
    ///
    /// - Parameter place: the list's place in the request, for errors.
    /// - Throws: ``ServerError`` of code `validation_error`, or `file_not_found` for a stored file that is not there, that
    ///   names the place.
    func resolve(
        _ attachments: [FileRef], by principal: Principal, bases: [String], place: String = "/input/attachments"
    ) async throws -> Resolved {
        guard !attachments.isEmpty else { return Resolved(references: [], made: []) }
        guard attachments.count <= limits.maximumAttachments else {
            throw ServerError(
                .validation, "\(place): \(attachments.count) files, \(limits.maximumAttachments) are allowed")
        }
        var checked: [FileRef] = []
        for (index, file) in attachments.enumerated() { checked.append(try check(file, "\(place)/\(index)")) }
        let attachments = checked
        let resolver = FileFieldResolver(files: files, foreign: foreign, bases: bases)
        let list = JSONValue.array(attachments.map(Self.input))
        let resolved: FileFieldResolver.Resolved
        do {
            resolved = try await resolver.resolve(["list": list], schema: Self.schema, owner: principal)
        } catch let error as ServerError {
            // The resolver knows tasks' inputs.
            throw ServerError(
                error.code, error.message.replacing("/input/list", with: place), cause: error.cause)
        }
        var references: [FileRef] = []
        for (given, value) in zip(attachments, resolved.input["list"]?.arrayValue ?? []) {
            references.append(try await reference(given, at: value.stringValue ?? given.uri))
        }
        return Resolved(references: references, made: resolved.made)
    }

    /// One attachment by itself: every text of it goes into messages and stream lines, so that each has a limit.
    ///
    /// - Returns: the attachment with the label that its name makes.
    private func check(_ given: FileRef, _ place: String) throws(ServerError) -> FileRef {
        var file = given
        guard !file.uri.isEmpty else {
            throw ServerError(.validation, "\(place): has no uri; upload the file and give its uri")
        }
        guard DataURI.hasScheme(file.uri) || file.uri.utf8.count <= limits.maximumAttachmentURI else {
            throw ServerError(
                .validation,
                "\(place)/uri: longer than \(limits.maximumAttachmentURI) bytes; upload the file and give its uri")
        }
        if !file.filename.isEmpty {
            do throws(Filename.Refusal) {
                file.filename = try Filename.label(file.filename)
            } catch {
                throw ServerError(.validation, "\(place)/filename: \(error.description)")
            }
        }
        guard file.size ?? 0 >= 0 else { throw ServerError(.validation, "\(place)/size: must not be negative") }
        // Older clients send lists of images without their types.
        guard ForeignFiles.hasScheme(file.uri), !["", "image/*"].contains(file.contentType) else { return file }
        guard let type = MediaType(file.contentType) else {
            throw ServerError(
                .validation,
                "\(place)/content_type: not a media type of at most \(MediaType.maximumLength) bytes; use one like image/png"
            )
        }
        file.contentType = type.description
        return file
    }

    private static let schema = JSONSchema([
        "type": "object",
        "properties": ["list": ["type": "array", "items": ["type": "string", "format": "file"]]],
    ])

    private static func input(_ file: FileRef) -> JSONValue {
        guard !file.filename.isEmpty, DataURI.hasScheme(file.uri) else { return .string(file.uri) }
        return ["uri": .string(file.uri), "filename": .string(file.filename)]
    }

    private func reference(_ given: FileRef, at address: String) async throws -> FileRef {
        var file = given
        file.uri = address
        guard let uri = FileURI(address), let record = try await files.record(id: uri.id) else {
            return Self.named(file)
        }
        file.id = record.id
        file.filename = record.filename
        file.contentType = record.contentType
        file.size = record.blob?.digest.size
        return file
    }

    /// A file of the web, with a name and a type guessed from its address where none was given.
    private static func named(_ given: FileRef) -> FileRef {
        var file = given
        file.id = nil
        if file.filename.isEmpty {
            let path = file.uri.prefix { $0 != "?" && $0 != "#" }
            let last = path.split(separator: "/").last.map(String.init) ?? ""
            file.filename = (try? Filename.label(PercentEncoding.decode(last) ?? last)) ?? Filename.fallback
        }
        if MediaType(file.contentType) == nil || file.contentType == MediaType.octetStream.description,
            file.contentType != "image/*"
        {
            file.contentType = (MediaType(filename: file.filename) ?? .octetStream).description
        }
        return file
    }

    /// Removes files that were made for a message that came to nothing.
    func discard(_ resolved: Resolved) async {
        guard !resolved.made.isEmpty else { return }
        await FileFieldResolver(files: files, foreign: foreign, bases: []).discard(resolved.made)
    }
}
