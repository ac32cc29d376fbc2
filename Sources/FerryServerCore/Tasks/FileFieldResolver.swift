// SPDX-License-Identifier: Apache-2.0

package import FerryWire

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What may stand in a file field of a task's input: addresses of files the caller may read, links of ours, and data
/// URIs. A path never may: it would name a file of the server's.
package struct FileFieldResolver: Sendable {
    let files: FileService
    /// Addresses that links of ours begin with.
    let bases: [String]

    package init(files: FileService, bases: [String]) {
        self.files = files
        self.bases = bases
    }

    /// One file field, checked.
    enum Source: Sendable {
        /// A stored file.
        case stored(FileURI)
        /// Bytes that are to be stored.
        case inline(DataURI, filename: String?)
    }

    /// An input whose files are all stored.
    package struct Resolved: Sendable {
        /// The input with every file field replaced by an `inf://` address.
        package let input: JSONValue
        /// The files made of inline bytes.
        let made: [FileURI]
    }

    /// The input with every file field replaced by an `inf://` address, inline bytes stored.
    ///
    /// Everything is checked before anything is stored; if storing fails, what was stored is removed again.
    /// - Throws: ``ServerError`` of code `validation_error` that names the place.
    package func resolve(_ input: JSONValue, schema: JSONSchema, owner: Principal) async throws -> Resolved {
        var sources: [JSONPointer: Source] = [:]
        for field in FileFields.find(in: input, schema: schema) {
            sources[field.pointer] = try await check(field.value, at: field.pointer, owner: owner)
        }
        try await checkOpenAddresses(in: input, schema: schema, owner: owner)
        var stored: [JSONPointer: FileURI] = [:]
        var made: [FileURI] = []
        do {
            for (pointer, source) in sources {
                switch source {
                case .stored(let uri): stored[pointer] = uri
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
        return Resolved(input: resolved, made: made)
    }

    /// Where the schema says nothing, the address of a file of the caller's will reach the app as that file, so that
    /// the caller must be allowed to read it. Any other text stays text.
    private func checkOpenAddresses(in input: JSONValue, schema: JSONSchema, owner: Principal) async throws {
        for field in FileFields.openAddresses(in: input, schema: schema) {
            guard let uri = field.value.stringValue.flatMap({ FileURI($0) }),
                let record = try await files.record(id: uri.id), record.teamID == owner.team.id
            else { continue }
            try owner.require(.filesRead)
        }
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
        func refusal(_ reason: String) -> ServerError { ServerError(.validation, "/input\(pointer): \(reason)") }
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
                throw refusal("no such file; check the uri and that the key belongs to its team")
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
        if let scheme = Self.scheme(of: text), scheme == "http" || scheme == "https" {
            throw refusal("this server does not fetch foreign URLs; upload the file and give its uri")
        }
        throw refusal("not a file: give a record's uri (inf://files/…), a link of this server, or a data: URI")
    }

    private static func scheme(of text: String) -> String? {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        return String(text[..<colon]).lowercased()
    }

    private static func defaultName(_ type: MediaType) -> String {
        type.preferredExtension.map { "\(Filename.fallback).\($0)" } ?? Filename.fallback
    }
}
