// SPDX-License-Identifier: Apache-2.0

import FerryWire

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

extension UploadPlanner {
    /// Longest text that could be a path, in bytes.
    private static let maximumPath = 4096

    /// What a string that may be a path leads to.
    enum Find {
        case nothing
        /// A place from which nothing is uploaded by a string.
        case denied(path: String)
        case file(FoundFile, path: String)
        /// A folder, a pipe and the like, in words.
        case other(String, path: String)
        case unreadable(String, path: String)
    }

    /// Looks where a path leads; not at all if it says itself that it leads to a denied place.
    func find(_ text: String) -> Find {
        guard (1...Self.maximumPath).contains(text.utf8.count), !text.utf8.contains(0) else { return .nothing }
        var path = text
        if text.utf8.starts(with: "~/".utf8) {
            guard let home = lookup.homeFolder else { return .nothing }
            path = home + text.dropFirst()
        }
        guard !ImplicitPaths.isDenied(asWritten: path) else { return .denied(path: path) }
        switch lookup.look(at: path) {
        case .nothing: return .nothing
        case .file(let found): return isDenied(found.resolvedPath) ? .denied(path: path) : .file(found, path: path)
        case .other(let kind, let resolved):
            return isDenied(resolved) ? .denied(path: path) : .other(kind, path: resolved)
        case .failure(let number): return .unreadable(Self.reason(number, path), path: path)
        }
    }

    private func isDenied(_ resolvedPath: String) -> Bool { ImplicitPaths.isDenied(resolvedPath) }

    private static func reason(_ number: CInt, _ path: String) -> String {
        "\(path) cannot be read: \(String(cString: strerror(number))); check the path and its permissions"
    }

    /// A file that a string names: uploaded if the policy's limits allow it.
    func named(
        _ found: FoundFile, _ path: String, _ rule: UploadPlan.Rule, _ entry: inout Entry, _ state: inout State
    ) -> Planned? {
        entry.source = found.resolvedPath
        entry.size = found.size
        guard isBeneathRoots(found.resolvedPath) else {
            entry.refuse(
                .outsideRoots, "\(path) lies outside the folders that uploads are bound to; give it as FileInput.path",
                .forbidden)
            return nil
        }
        guard found.size <= policy.maximumFileSize else {
            entry.refuse(
                .sizeLimit, "\(path) is larger than \(policy.maximumFileSize) bytes, the most that a string may name",
                .limitExceeded)
            return nil
        }
        guard state.files < policy.maximumFiles else {
            entry.refuse(
                .countLimit, "\(path) is one file more than \(policy.maximumFiles), the most that strings may name",
                .limitExceeded)
            return nil
        }
        let planned = planned(found, path, rule, &entry)
        if planned != nil { state.files += 1 }
        return planned
    }

    private func isBeneathRoots(_ resolvedPath: String) -> Bool {
        guard let roots = policy.uploadRoots else { return true }
        return roots.contains { root in
            lookup.resolved(root).map { ImplicitPaths.isBeneath(resolvedPath, $0) } ?? false
        }
    }

    private func planned(
        _ found: FoundFile, _ path: String, _ rule: UploadPlan.Rule, _ entry: inout Entry
    ) -> Planned? {
        let name = path.split(separator: "/").last.map(String.init)
        do {
            let head = try lookup.head(of: found, MediaType.headLength)
            entry.contentType = MediaType.detect(head: head, filename: name)
        } catch {
            let failure = error as? FerryError
            entry.refuse(.unreadable, failure?.message ?? "\(path) cannot be read", failure?.code ?? .localFile)
            return nil
        }
        entry.rule = rule
        entry.verdict = .upload
        // By the resolved path, so that a link put there meanwhile leads nowhere else.
        return Planned(file: .path(found.resolvedPath), filename: name, found: found)
    }

    // MARK: What the caller said is a file

    /// A ``FileInput``.
    func explicit(_ file: FileInput, _ position: Position, _ state: inout State) -> UploadPlan.Node {
        var entry = Entry(pointer: position.pointer, rule: .explicit, verdict: .upload, source: file.planSource)
        let node = explicit(file, &entry).map { UploadPlan.Node.file($0, position.pointer) }
        state.entries.append(entry)
        if let node { return node }
        switch file {
        case .uri(let uri): return .json(.string(uri))
        case .record(let record): return .json(.string(record.uri))
        default: return .json(.null)
        }
    }

    /// A path that somebody other than the caller wrote: bound by everything that binds paths in strings.
    func untrusted(path text: String, _ pointer: JSONPointer, _ state: inout State) -> UploadPlan.Node {
        var entry = Entry(pointer: pointer, rule: .fileFieldPath, verdict: .upload, source: text)
        var file: Planned?
        switch find(text) {
        case .file(let found, let path): file = named(found, path, .fileFieldPath, &entry, &state)
        case .denied(let path):
            entry.refuse(
                .deniedPath, "\(path) lies where nothing is uploaded that somebody else named", .forbidden)
        case .other(let kind, let path):
            entry.refuse(.notRegular, "\(path) is \(kind); only regular files can be uploaded", .localFile)
        case .unreadable(let reason, _): entry.refuse(.unreadable, reason, .localFile)
        case .nothing: entry.refuse(.fileFieldMismatch, "there is no file \(text); check the path", .localFileNotFound)
        }
        state.entries.append(entry)
        return file.map { .file($0, pointer) } ?? .json(.null)
    }

    private func explicit(_ file: FileInput, _ entry: inout Entry) -> Planned? {
        switch file {
        case .uri: entry.verdict = .keep
        case .record(let record):
            entry.verdict = .keep
            entry.size = record.size
            entry.contentType = record.contentType
        case .path(let path): return explicit(path: path, &entry)
        case .data(let bytes, let filename, let contentType):
            entry.size = Int64(bytes.count)
            entry.contentType =
                contentType
                ?? MediaType.detect(
                    head: bytes.prefix(MediaType.headLength), filename: filename)
            return Planned(file: file)
        case .dataURI(let text): return dataURI(text, .explicit, &entry)
        case .base64(let text):
            guard let size = Self.base64Size(text), size > 0 else {
                entry.refuse(.explicit, "not base64 of the standard alphabet with its padding")
                return nil
            }
            return base64(text, size, .explicit, &entry)
        }
        return nil
    }

    private func explicit(path: String, _ entry: inout Entry) -> Planned? {
        switch lookup.look(at: path) {
        case .file(let found):
            entry.source = found.resolvedPath
            entry.size = found.size
            return planned(found, path, .explicit, &entry)
        case .nothing: entry.refuse(.explicit, "there is no file \(path); check the path", .localFileNotFound)
        case .other(let kind, _):
            entry.refuse(.notRegular, "\(path) is \(kind); only regular files can be uploaded", .localFile)
        case .failure(let number): entry.refuse(.unreadable, Self.reason(number, path), .localFile)
        }
        return nil
    }
}

extension FileInput {
    /// What it is, in words without content.
    fileprivate var planSource: String {
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
