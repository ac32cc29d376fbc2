// SPDX-License-Identifier: Apache-2.0

import Crypto
import FerryWire

/// An address a ``File`` may have: http, https, data, inf or inf-files.
struct FileAddress: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        case web
        case data(DataURI.Header)
        case stored(FileURI)
    }

    /// Most bytes of an address that is not a data URI.
    static let maximumLength = 8 << 10

    /// As given.
    let text: String
    /// What kind of address.
    let kind: Kind

    /// Reads an address.
    ///
    /// - Throws: ``AppFailure`` (`invalid_input`) for anything else; the text is not shown.
    init(_ text: String) throws {
        self.text = text
        if DataURI.hasScheme(text) {
            do throws(DataURI.Invalid) {
                kind = .data(try DataURI.Header(text))
            } catch {
                throw AppFailure("a file's data URI cannot be read: \(error.reason)", code: .invalidInput)
            }
            return
        }
        guard text.utf8.count <= Self.maximumLength else {
            throw AppFailure(
                "a file's address is longer than \(Self.maximumLength) bytes; use a shorter one", code: .invalidInput)
        }
        if FileURI.hasScheme(text) {
            guard let uri = FileURI(text) else {
                throw AppFailure("a file's inf:// address holds no id of a file", code: .invalidInput)
            }
            kind = .stored(uri)
            return
        }
        guard Self.isWeb(text), WebParts(text) != nil else {
            throw AppFailure(
                "a file's address must begin with http://, https://, data:, inf:// or inf-files:// and name a host; "
                    + "for a file on this machine use its path", code: .invalidInput)
        }
        kind = .web
    }

    /// Whether a text claims to be an address rather than a path: `scheme://…`, `data:` or `file:`, in any case.
    static func isAddress(_ text: String) -> Bool {
        if DataURI.hasScheme(text) { return true }
        let start = text.utf8.prefix(32)
        guard let colon = start.firstIndex(of: UInt8(ascii: ":")), colon != start.startIndex else { return false }
        let scheme = start[..<colon]
        let isScheme = scheme.enumerated().allSatisfy { index, byte in
            let isLetter = (0x61...0x7A).contains(byte | 0x20)
            return isLetter || index > 0 && ((0x30...0x39).contains(byte) || "+-.".utf8.contains(byte))
        }
        guard isScheme else { return false }
        let rest = text.utf8[colon...].dropFirst()
        return rest.starts(with: "//".utf8) || String(decoding: scheme, as: UTF8.self).lowercased() == "file"
    }

    private static func isWeb(_ text: String) -> Bool {
        let start = String(decoding: text.utf8.prefix(8), as: UTF8.self).lowercased()
        return start.utf8.starts(with: "http://".utf8) || start.utf8.starts(with: "https://".utf8)
    }
}

extension FileAddress {
    /// The name under which the cache knows the bytes: SHA-256 of the address without what changes from one signing
    /// to the next. Scheme, host and port are part of it; a fragment, which no server ever sees, is not.
    ///
    /// - Parameters:
    ///   - base: the API's address, for files stored there.
    ///   - apiKey: by whose right those are had; another's must ask for itself.
    func key(base: String, apiKey: String = "") -> String {
        switch kind {
        case .data: Self.digest("data:", text)
        case .stored(let uri): Self.digest("inf:", "\(base)\n\(Self.digest("key:", apiKey))\n\(uri.id)")
        case .web: Self.digest("web:", WebParts(text)?.unsigned ?? text)
        }
    }

    /// SHA-256 of the address as it is sent.
    var variant: String {
        switch kind {
        case .web: Self.digest("", WebParts(text)?.whole ?? text)
        case .data, .stored: ""
        }
    }

    /// Where it leads, for people: never a query, which may be a secret.
    var shown: String {
        switch kind {
        case .data(let header): "data:\(header.mediaType.essence)"
        case .stored(let uri): "inf://files/\(uri.id)"
        case .web: WebParts(text).map { "\($0.origin)/…" } ?? "the address"
        }
    }

    /// The name the address itself gives, safe to create.
    var filename: String {
        switch kind {
        case .data(let header): "file" + (header.mediaType.preferredExtension.map { ".\($0)" } ?? "")
        case .stored(let uri): uri.filename.isEmpty ? "download" : Filename.safe(uri.filename)
        case .web: WebParts(text)?.filename ?? "download"
        }
    }

    private static func digest(_ prefix: String, _ text: String) -> String {
        var text = text
        var hasher = SHA256()
        hasher.update(data: Array(prefix.utf8))
        text.withUTF8 { hasher.update(bufferPointer: UnsafeRawBufferPointer($0)) }
        return hasher.finalize().hexadecimal
    }
}
