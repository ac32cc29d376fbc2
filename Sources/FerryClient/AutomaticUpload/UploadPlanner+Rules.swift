// SPDX-License-Identifier: Apache-2.0

import FerryWire

extension UploadPlanner {
    /// Shortest base64 that is taken for a file without a schema.
    private static let minimumBase64 = 64
    /// Longest text that could be a path.
    private static let maximumPath = 4096

    typealias Entries = [UploadPlan.Entry]
    typealias Planned = UploadPlan.PlannedFile

    /// What the caller said is a file.
    func explicit(_ file: FileInput, _ position: Position, _ entries: inout Entries) -> UploadPlan.Node {
        var entry = UploadPlan.Entry(
            pointer: position.pointer, rule: .explicit, verdict: .upload, source: file.planSource)
        switch file {
        case .uri(let uri):
            entry.verdict = .keep
            entries.append(entry)
            return .json(.string(uri))
        case .record(let record):
            entry.verdict = .keep
            entry.size = record.size
            entry.contentType = record.contentType
            entries.append(entry)
            return .json(.string(record.uri))
        case .path(let path):
            entry.size = lookup.regularFile(path)?.size
            entry.contentType = MediaType(filename: path)?.essence
        case .data(let bytes, let filename, let contentType):
            entry.size = Int64(bytes.count)
            entry.contentType = contentType ?? ContentTypeDetection.mediaType(head: bytes, filename: filename)
        case .dataURI(let text): describe(dataURI: text, in: &entry)
        case .base64(let text): entry.size = Self.decodedSize(text)
        }
        entries.append(entry)
        return .file(Planned(file: file), position.pointer)
    }

    /// A string, by the rules of its position.
    func string(_ text: String, _ position: Position, _ entries: inout Entries) -> UploadPlan.Node {
        var entry = UploadPlan.Entry(
            pointer: position.pointer, rule: .text, verdict: .keep, source: FileReferences.shown(text))
        var file: Planned?
        if policy.mode == .explicitOnly {
            entry.rule = .explicitOnly
        } else if !position.isTrusted {
            entry.rule = .untrusted
        } else if fileField(position) {
            file = fileField(text, position, &entry)
        } else if let schema = position.schema, schema.saysType {
            file = textField(text, &entry)
        } else {
            file = untyped(text, &entry)
        }
        entries.append(entry)
        return file.map { .file($0, position.pointer) } ?? .json(.string(text))
    }

    private func textField(_ text: String, _ entry: inout UploadPlan.Entry) -> Planned? {
        entry.rule = .textField
        return strictDataURI(text, &entry)
    }

    private func untyped(_ text: String, _ entry: inout UploadPlan.Entry) -> Planned? {
        if ImplicitPaths.isMarked(text), let found = find(text) { return implicit(found, .path, &entry) }
        if let file = strictDataURI(text, &entry) { return file }
        let bytes = Array(text.utf8)
        guard bytes.count >= Self.minimumBase64, !Self.isHexadecimal(bytes), Base64.decode(strict: bytes) != nil else {
            return nil
        }
        return base64(text, .base64, &entry)
    }

    private func strictDataURI(_ text: String, _ entry: inout UploadPlan.Entry) -> Planned? {
        guard DataURI.hasScheme(text), DataURI.isStrictlyWellFormed(text),
            (try? DataURI(text, maximumSize: maximumInlineSize)) != nil
        else { return nil }
        entry.rule = .dataURI
        entry.verdict = .upload
        describe(dataURI: text, in: &entry)
        return Planned(file: .dataURI(text))
    }

    private func fileField(
        _ text: String, _ position: Position, _ entry: inout UploadPlan.Entry
    ) -> Planned? {
        if FileURI.hasScheme(text) || WebAddress(text) != nil {
            entry.rule = .fileFieldURI
            return nil
        }
        if DataURI.hasScheme(text) {
            entry.rule = .fileFieldDataURI
            do {
                _ = try DataURI(text, maximumSize: maximumInlineSize)
                entry.verdict = .upload
                describe(dataURI: text, in: &entry)
                return Planned(file: .dataURI(text))
            } catch {
                return refuse("\(error)", .fileFieldDataURI, position, &entry)
            }
        }
        if let found = find(text) { return implicit(found, .fileFieldPath, &entry) }
        let bytes = Array(text.utf8)
        if !bytes.isEmpty, !ImplicitPaths.isMarked(text), Base64.decode(strict: bytes) != nil {
            return base64(text, .fileFieldBase64, &entry)
        }
        return refuse(
            "\(entry.source) is no file: there is no regular file of that name, and it is no data: URI, base64 or "
                + "address", .fileFieldMismatch, position, &entry)
    }

    /// Refuses a value, or takes it for text where the schema allows text beside files.
    private func refuse(
        _ reason: String, _ rule: UploadPlan.Rule, _ position: Position, _ entry: inout UploadPlan.Entry
    ) -> Planned? {
        if let schema = position.schema, !schema.isFileAlone {
            entry.rule = .textField
            return nil
        }
        entry.rule = rule
        entry.verdict = .refuse
        entry.reason = reason
        return nil
    }
}

// MARK: - Kinds of values

extension UploadPlanner {
    /// A file found by a string.
    private struct Found {
        var path: String
        var file: FoundFile
    }

    private func find(_ text: String) -> Found? {
        guard (1...Self.maximumPath).contains(text.utf8.count), !text.utf8.contains(0) else { return nil }
        var path = text
        if text.utf8.starts(with: "~/".utf8) {
            guard let home = lookup.homeFolder else { return nil }
            path = home + text.dropFirst()
        }
        return lookup.regularFile(path).map { Found(path: path, file: $0) }
    }

    private func implicit(_ found: Found, _ rule: UploadPlan.Rule, _ entry: inout UploadPlan.Entry) -> Planned? {
        entry.source = found.path
        entry.rule = rule
        entry.size = found.file.size
        entry.contentType = MediaType(filename: found.path)?.essence
        entry.verdict = .refuse
        if ImplicitPaths.isDenied(found.file.resolvedPath) {
            entry.rule = .deniedPath
            entry.reason =
                "\(entry.source) lies where nothing is uploaded by its mere name; if you mean it, give it as "
                + "FileInput.path"
            return nil
        }
        if let roots = policy.uploadRoots,
            !roots.contains(where: { root in
                lookup.resolved(root).map { ImplicitPaths.isBeneath(found.file.resolvedPath, $0) } ?? false
            })
        {
            entry.rule = .outsideRoots
            entry.reason = "\(entry.source) lies outside the folders that uploads are bound to"
            return nil
        }
        entry.verdict = .upload
        // The resolved path, so that a link put there meanwhile leads nowhere else.
        let name = found.path.split(separator: "/").last.map(String.init)
        return Planned(file: .path(found.file.resolvedPath), filename: name)
    }

    private func base64(_ text: String, _ rule: UploadPlan.Rule, _ entry: inout UploadPlan.Entry) -> Planned {
        entry.rule = rule
        entry.verdict = .upload
        entry.source = "base64 text"
        entry.size = Self.decodedSize(text)
        return Planned(file: .base64(text))
    }

    private func describe(dataURI text: String, in entry: inout UploadPlan.Entry) {
        guard let uri = try? DataURI(text, maximumSize: maximumInlineSize) else { return }
        entry.size = Int64(uri.bytes.count)
        entry.contentType = uri.mediaType.description
    }

    private static func decodedSize(_ text: String) -> Int64 {
        let padding = text.utf8.suffix(2).filter { $0 == UInt8(ascii: "=") }.count
        return Int64(text.utf8.count / 4 * 3 - padding)
    }

    private static func isHexadecimal(_ bytes: [UInt8]) -> Bool {
        bytes.allSatisfy { Character(Unicode.Scalar($0)).isHexDigit }
    }
}

extension FileInput {
    /// What it is, in words without content.
    var planSource: String {
        switch self {
        case .path(let path): path
        case .data(_, let filename, _): filename ?? "bytes"
        case .dataURI: "a data: URI"
        case .base64: "base64 text"
        case .uri(let uri): FileReferences.shown(uri)
        case .record(let record): record.uri
        }
    }
}
