// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// Copies of an output's files in the folder from which the host takes them.
struct OutputCopies {
    /// Names tried before it is given up.
    private static let maximumTries = 1_000

    private struct Source: Hashable {
        var path: String
        var filename: String
    }

    /// Where they go. Absolute.
    let folder: String
    /// What has been copied, since a file may stand in several fields.
    private var made: [Source: String] = [:]

    init(folder: String) { self.folder = folder }

    /// The path of a copy; nil for a file that the host takes where it is. A file of an address is fetched.
    ///
    /// The host takes a file only if it has one name, because a second could be that of somebody else's; so this is a
    /// copy of the bytes, or shares the disk's blocks, and is never a link.
    mutating func path(of file: File) async throws -> String? {
        let path = try await file.localPath()
        if case .path = file.source {
            let links = try await FileAccess.onThreads { FileFacts(following: path)?.links ?? 1 }
            if links < 2 { return nil }
        }
        let source = Source(path: path, filename: file.filename)
        if let copy = made[source] { return copy }
        let copy = try await copy(file)
        made[source] = copy
        return copy
    }

    private func copy(_ file: File) async throws -> String {
        for number in 1...Self.maximumTries {
            let name = Filename.safe(number == 1 ? file.filename : "\(number)-\(file.filename)")
            do {
                let path = "\(folder)/\(name)"
                try await file.copy(to: path)
                return path
            } catch let failure as AppFailure where failure.code == .fileRefused {
                continue
            }
        }
        throw AppFailure("no name was free for a copy of \(file.filename)", code: .fileStorage)
    }
}

extension JSONValue {
    /// The same with another value at a place; unchanged if there is no such place.
    func replacing(_ place: ArraySlice<String>, with value: JSONValue) -> JSONValue {
        guard let token = place.first else { return value }
        switch self {
        case .object(var members):
            if let inner = members[token] { members[token] = inner.replacing(place.dropFirst(), with: value) }
            return .object(members)
        case .array(var elements):
            guard let index = Int(token), elements.indices.contains(index) else { return self }
            elements[index] = elements[index].replacing(place.dropFirst(), with: value)
            return .array(elements)
        default: return self
        }
    }
}
