// SPDX-License-Identifier: Apache-2.0

import FerryWire

extension UploadPlanner {
    /// Shortest base64 that is taken for a file where the schema leaves it open, and where it looks like a path.
    private static let minimumBase64 = 64

    typealias Planned = UploadPlan.PlannedFile
    typealias Entry = UploadPlan.Entry

    /// A string, by the rules of its position.
    func string(_ text: String, _ position: Position, _ state: inout State) -> UploadPlan.Node {
        var entry = Entry(
            pointer: position.pointer, rule: .text, verdict: .keep, source: FileReferences.shown(text))
        let file = decide(text, position, &entry, &state)
        state.entries.append(entry)
        return file.map { .file($0, position.pointer) } ?? .json(.string(text))
    }

    private func decide(_ text: String, _ position: Position, _ entry: inout Entry, _ state: inout State) -> Planned? {
        if policy.mode == .explicitOnly {
            entry.rule = .explicitOnly
            return nil
        }
        if !position.isTrusted {
            entry.rule = .untrusted
            return nil
        }
        if policy.mode == .reference { return reference(text, &entry, &state) }
        if position.isDescription {
            entry.rule = .textField
            return nil
        }
        switch position.place.role {
        case .file: return fileField(text, &entry, &state)
        case .text:
            entry.rule = .textField
            return strictDataURI(text, &entry)
        case .fileOrText where FileURI.hasScheme(text) || WebAddress(text) != nil:
            entry.rule = .fileFieldURI
            return nil
        // Where text may stand too, only what is a file beyond doubt is one.
        case .fileOrText, .untyped: return untyped(text, &entry, &state)
        }
    }

    // MARK: Where anything may stand

    private func untyped(_ text: String, _ entry: inout Entry, _ state: inout State) -> Planned? {
        if ImplicitPaths.isMarked(text) {
            switch find(text) {
            case .denied:
                entry.rule = .deniedPath
                entry.warning = "a path to a place from which nothing is uploaded by its mere name; it stays text"
                return nil
            case .file(let found, let path): return named(found, path, .path, &entry, &state)
            case .unreadable(let reason, _):
                entry.refuse(.unreadable, reason, .localFile)
                return nil
            case .nothing, .other: break
            }
        }
        if let file = strictDataURI(text, &entry) { return file }
        guard text.utf8.count >= Self.minimumBase64, !Self.isHexadecimal(text), let size = Self.base64Size(text)
        else { return nil }
        return base64(text, size, .base64, &entry)
    }

    private func strictDataURI(_ text: String, _ entry: inout Entry) -> Planned? {
        guard DataURI.hasScheme(text), DataURI.isStrictlyWellFormed(text) else { return nil }
        return dataURI(text, .dataURI, &entry)
    }

    // MARK: Where a file must stand

    private func fileField(_ text: String, _ entry: inout Entry, _ state: inout State) -> Planned? {
        if FileURI.hasScheme(text) || WebAddress(text) != nil {
            entry.rule = .fileFieldURI
            return nil
        }
        if DataURI.hasScheme(text) { return dataURI(text, .fileFieldDataURI, &entry) }
        let isMarked = ImplicitPaths.isMarked(text)
        switch find(text) {
        case .denied(let path):
            entry.source = path
            entry.refuse(
                .deniedPath,
                "\(path) lies where nothing is uploaded by its mere name; if you mean it, give it as FileInput.path",
                .forbidden)
            return nil
        case .file(let found, let path): return named(found, path, .fileFieldPath, &entry, &state)
        case .other(let kind, let path):
            entry.source = path
            entry.refuse(.notRegular, "\(path) is \(kind); only regular files can be uploaded", .localFile)
            return nil
        case .unreadable(let reason, let path):
            entry.source = path
            entry.refuse(.unreadable, reason, .localFile)
            return nil
        case .nothing: break
        }
        // JPEG in base64 begins with a slash.
        if let size = Self.base64Size(text), size > 0, !isMarked || text.utf8.count >= Self.minimumBase64 {
            return base64(text, size, .fileFieldBase64, &entry)
        }
        entry.refuse(
            .fileFieldMismatch,
            "\(entry.source) is no file: there is no regular file of that name, and it is no data: URI, base64 or "
                + "address", isMarked ? .localFileNotFound : .invalidInput)
        return nil
    }

    // MARK: Kinds of values

    /// Bytes that base64 text holds; nil if it is none: standard alphabet, all the padding, no stray bits.
    static func base64Size(_ text: String) -> Int? { Base64.decodedSize(text.utf8, form: .strict) }

    func base64(_ text: String, _ size: Int, _ rule: UploadPlan.Rule, _ entry: inout Entry) -> Planned? {
        entry.source = "base64 text"
        entry.size = Int64(size)
        do {
            let content = try InlineContent(base64: text, upTo: maximumInlineSize)
            let head = content.head(MediaType.headLength)
            entry.contentType = MediaType.detect(head: head, filename: nil, isWhole: head.count == size)
        } catch {
            entry.refuse(rule, error.message, error.code)
            return nil
        }
        entry.rule = rule
        entry.verdict = .upload
        return Planned(file: .base64(text))
    }

    func dataURI(_ text: String, _ rule: UploadPlan.Rule, _ entry: inout Entry) -> Planned? {
        entry.source = "a data: URI"
        do {
            let content = try InlineContent(dataURI: text, upTo: maximumInlineSize)
            entry.size = Int64(content.size)
            entry.contentType = content.mediaType?.description
        } catch {
            entry.refuse(rule, error.message, error.code)
            return nil
        }
        entry.rule = rule
        entry.verdict = .upload
        return Planned(file: .dataURI(text))
    }

    private static func isHexadecimal(_ text: String) -> Bool {
        text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
                UInt8(ascii: "A")...UInt8(ascii: "F"):
                true
            default: false
            }
        }
    }
}
