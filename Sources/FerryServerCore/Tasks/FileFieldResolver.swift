// SPDX-License-Identifier: Apache-2.0

package import FerryWire

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What may stand in a file field of a task's input: addresses of files the caller may read, links of ours, data URIs,
/// and addresses of the web. A path never may: it would name a file of the server's.
package struct FileFieldResolver: Sendable {
    let files: FileService
    let foreign: ForeignFiles
    /// Addresses that links of ours begin with.
    let bases: [String]

    package init(files: FileService, foreign: ForeignFiles, bases: [String]) {
        self.files = files
        self.foreign = foreign
        self.bases = bases
    }

    /// One file field, checked.
    enum Source: Sendable {
        /// A stored file.
        case stored(FileURI)
        /// Bytes that are to be stored.
        case inline(DataURI, filename: String?)
        /// An address of the web, to be fetched when the app is to have it.
        case foreign
    }

    /// An input whose files are all stored, those of the web apart.
    package struct Resolved: Sendable {
        /// The input with every file field replaced by an `inf://` address; addresses of the web stay as they are.
        package let input: JSONValue
        /// Every stored file that the app will have.
        let files: Set<String>
        /// The files made of inline bytes.
        let made: [FileURI]
        /// Why files of earlier messages are not in the input any more, a line each.
        let leftOut: [String]
    }

    /// The input with every file field replaced by an `inf://` address, inline bytes stored.
    ///
    /// Everything is checked before anything is stored; if storing fails, what was stored is removed again.
    /// - Parameter ofChat: whether the input is a chat's, of which files of earlier messages are left out if they may not
    ///   stand there any more: a file was deleted meanwhile, or an address is no longer let through.
    /// - Throws: ``ServerError`` of code `validation_error`, or `file_not_found` for a stored file that is not there, that
    ///   names the place.
    package func resolve(
        _ input: JSONValue, schema: JSONSchema, ofChat: Bool = false, owner: Principal
    ) async throws -> Resolved {
        var sources: [JSONPointer: Source] = [:]
        let fields = FileFields.find(in: input, schema: schema)
        try checkCounts(fields)
        var missing = Set<JSONPointer>()
        var leftOut: [String] = []
        for field in fields {
            do {
                sources[field.pointer] = try await check(field.value, at: field.pointer, owner: owner)
            } catch let error as ServerError
                where ofChat && field.isOfEarlierMessage && [.validation, .fileNotFound].contains(error.code)
            {
                missing.insert(field.pointer)
                leftOut.append("an earlier file is left out: \(error.message)")
            }
        }
        let open = try await checkOpenAddresses(in: input, schema: schema, owner: owner)
        var stored: [JSONPointer: FileURI] = [:]
        var made: [FileURI] = []
        do {
            for (pointer, source) in sources {
                switch source {
                case .stored(let uri): stored[pointer] = uri
                case .foreign: continue
                case .inline(let data, let filename):
                    let file = PartialFile(
                        filename: filename ?? Self.defaultName(data.mediaType), contentType: data.mediaType.description,
                        size: Int64(data.bytes.count))
                    let record = try await files.storeNew(OneChunk(bytes: data.bytes), file: file, owner: owner)
                    stored[pointer] = FilePresenter.uri(record)
                    made.append(FilePresenter.uri(record))
                }
            }
        } catch {
            await discard(made)
            throw error
        }
        let resolved = FileFields.replace(in: input, schema: schema) { pointer, value in
            stored[pointer].map { .string($0.description) } ?? value
        }
        return Resolved(
            input: FileFields.remove(missing, from: resolved), files: open.union(stored.values.map(\.id)), made: made,
            leftOut: leftOut)
    }

    private func checkCounts(_ fields: [FileFields.Field]) throws(ServerError) {
        guard fields.count <= files.limits.maximumInputFiles else {
            throw ServerError(
                .validation,
                "/input: \(fields.count) files, \(files.limits.maximumInputFiles) are allowed; put them into an archive"
            )
        }
        let foreign = fields.count { ForeignFiles.url(of: $0.value).map { !isOurs($0) } ?? false }
        guard foreign <= files.limits.maximumForeignFiles else {
            throw ServerError(
                .validation,
                "/input: \(foreign) files of other servers, \(files.limits.maximumForeignFiles) are allowed; upload the others"
            )
        }
    }

    private func isOurs(_ url: String) -> Bool { LinkService.fileURI(ofLink: url, bases: bases) != nil }

    /// Where the schema says nothing, the address of a file of the caller's will reach the app as that file, so that
    /// the caller must be allowed to read it. Any other text stays text.
    ///
    /// - Returns: the ids of those files.
    private func checkOpenAddresses(
        in input: JSONValue, schema: JSONSchema, owner: Principal
    ) async throws -> Set<String> {
        var found = Set<String>()
        for field in FileFields.openAddresses(in: input, schema: schema) {
            guard let uri = field.value.stringValue.flatMap({ FileURI($0) }),
                let record = try await files.record(id: uri.id), record.teamID == owner.team.id
            else { continue }
            try owner.require(.filesRead)
            found.insert(record.id)
        }
        return found
    }

    /// Removes files made of inline bytes, when what they were made for came to nothing.
    func discard(_ made: [FileURI]) async {
        // A task of its own: it must be done though this one may have been cancelled.
        let files = files
        await Task {
            for uri in made { try? await files.delete(id: uri.id) }
        }.value
    }

    private func check(_ value: JSONValue, at pointer: JSONPointer, owner: Principal) async throws -> Source? {
        func refusal(_ reason: String, _ code: ServerError.Code = .validation) -> ServerError {
            ServerError(code, "/input\(pointer): \(reason)")
        }
        var filename: String?
        let text: String
        switch value {
        case .string(let string): text = string
        case .object(let object):
            // A record as the API shows it has an empty one.
            if let path = object["path"], path != .null, path != "" {
                throw refusal("a file field takes no path; upload the file and give its uri")
            }
            guard let uri = object["uri"]?.stringValue else { throw refusal("a file object needs a uri") }
            filename = object["filename"]?.stringValue
            text = uri
        default: throw refusal("expected a file, got \(value.kind)")
        }
        if FileURI.hasScheme(text) || LinkService.fileURI(ofLink: text, bases: bases) != nil {
            guard let uri = FileURI(text) ?? LinkService.fileURI(ofLink: text, bases: bases) else {
                throw refusal("not a well-formed file address; use a record's uri as it was given")
            }
            try owner.require(.filesRead)
            guard let record = try await files.record(id: uri.id), record.teamID == owner.team.id else {
                throw refusal("no such file; check the uri and that the key belongs to its team", .fileNotFound)
            }
            guard record.isReady else { throw refusal("the file's bytes have not been uploaded yet") }
            return .stored(FilePresenter.uri(record))
        }
        if DataURI.hasScheme(text) {
            // It becomes a file.
            try owner.require(.filesWrite)
            guard text.utf8.count <= files.limits.maximumDataURILength else {
                throw refusal("the data URI is longer than \(files.limits.maximumDataURILength) bytes; upload the file")
            }
            do throws(DataURI.Invalid) {
                return .inline(try DataURI(text, maximumSize: files.limits.maximumDataURILength), filename: filename)
            } catch {
                throw refusal(error.description)
            }
        }
        if ForeignFiles.hasScheme(text) {
            do throws(ServerError) {
                try foreign.check(text)
            } catch {
                throw refusal(ForeignFiles.hideQuery(of: text, in: error.message))
            }
            return .foreign
        }
        throw refusal("not a file: give a record's uri (inf://files/…), an http or https URL, or a data: URI")
    }

    private static func defaultName(_ type: MediaType) -> String {
        type.preferredExtension.map { "\(Filename.fallback).\($0)" } ?? Filename.fallback
    }
}
