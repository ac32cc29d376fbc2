// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// What is looked at before anything is believed or removed.
extension CacheFolder {
    /// The cache's own folders, outermost first.
    var layout: [String] { [home, known, content, locks, parts] }

    /// What is thrown without a root.
    static let homeless = AppFailure(
        "the file cache has no folder; set FILE_CACHE_DIR or HOME", code: .fileStorage)

    /// Whether the cache's own folders are there.
    ///
    /// - Throws: ``AppFailure`` (`file_storage`) if one of them is a link, belongs to somebody else or may be written by
    ///   others, who could have the files of this user removed or put theirs in their place.
    func check() throws -> Bool {
        guard !root.isEmpty else { throw Self.homeless }
        return try layout.allSatisfy { try isOwn($0) }
    }

    /// Whether a folder of the layout is there; throws if it is not this user's alone.
    func isOwn(_ path: String) throws -> Bool {
        guard let facts = FileFacts(path: path) else {
            if errno == ENOENT || errno == ENOTDIR { return false }
            throw AppFailure.storage("inspect a folder")
        }
        if !facts.isFolder { throw refusal(path, "is a link or a file, not a folder; remove it") }
        if facts.owner != geteuid() { throw refusal(path, "belongs to another user; work as that one") }
        if facts.isWritableByOthers { throw refusal(path, "may be written by others; forbid that (chmod go-w)") }
        return true
    }

    private func refusal(_ path: String, _ text: String) -> AppFailure {
        let name = String(Substring(path.utf8.dropFirst(root.utf8.count + 1)))
        return AppFailure(
            "the file cache's folder \(name) \(text), or set FILE_CACHE_DIR to another folder", code: .fileStorage)
    }

    /// Whether a text is a name as ``uniqueName()`` makes them.
    static func isUniqueName(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.count == 2, (1...10).contains(parts[0].count), (1...16).contains(parts[1].count) else {
            return false
        }
        return parts[0].allSatisfy { (0x30...0x39).contains($0) }
            && parts[1].allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    /// Removes a file of the official libraries; false if that cannot be done.
    ///
    /// - Parameter name: its path below the root, on which no link is followed.
    func removeOfficial(_ name: String) -> Bool {
        let parts = name.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
        guard let last = parts.last else { return false }
        var folder = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        for part in parts.dropLast() where folder >= 0 {
            let next = openat(folder, part, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
            close(folder)
            folder = next
        }
        guard folder >= 0 else { return false }
        defer { close(folder) }
        return unlinkat(folder, last, 0) == 0 || errno == ENOENT
    }
}
