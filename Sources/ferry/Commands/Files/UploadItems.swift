// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// Everything that one `ferry upload` sends, looked at before anything is sent, so that a mistyped name costs nothing.
struct UploadItems: Sendable {
    /// What is sent, in order.
    private(set) var items: [UploadItem] = []
    /// What stood in a folder and is not sent.
    private(set) var refusals: [FolderWalk.Refusal] = []

    /// Looks at what was named.
    ///
    /// - Parameters:
    ///   - sources: paths, data URIs and `-`.
    ///   - dataURI: a data URI, or `@` and the file that holds one.
    ///   - filename: the name given for the one item.
    ///   - storagePath: the storage path given, in front of those of files found in folders.
    ///   - isRecursive: whether folders are gone through.
    /// - Throws: ``CommandFailure``, `CancellationError`.
    init(
        _ sources: [String], dataURI: String?, filename: String?, storagePath: String?, isRecursive: Bool
    ) async throws {
        for source in sources {
            if source == LocalInput.standardInput {
                add(UploadItem(name: filename ?? "standard input", source: .stream(.standardInput)))
            } else if DataURI.hasScheme(source) {
                add(UploadItem(name: filename ?? "data", source: .dataURI(source)))
            } else if let what = Self.address(source) {
                throw CommandFailure(.refused, what)
            } else {
                try await add(path: source, filename, storagePath, isRecursive)
            }
        }
        guard let dataURI else { return }
        if dataURI.utf8.first == UInt8(ascii: "@") {
            let file = try await DataURIFile.opening(String(dataURI.dropFirst()))
            add(UploadItem(name: filename ?? "data", source: .dataURIFile(file)))
        } else {
            add(UploadItem(name: filename ?? "data", source: .dataURI(dataURI)))
        }
    }

    /// What to do with an address, which is no file of this machine; nil for a path.
    private static func address(_ text: String) -> String? {
        if FileURI.hasScheme(text) { return "\(text) is stored already; use its address as it is" }
        guard ["http://", "https://"].contains(where: { text.lowercased().hasPrefix($0) }) else { return nil }
        // The query may be a signature.
        let shown = text.prefix { $0 != "?" && $0 != "#" }
        return "\(shown) is an address and no file; give it to an app as it is, or download it and upload the file"
    }

    private mutating func add(_ item: UploadItem) { items.append(item) }

    private mutating func add(
        path: String, _ filename: String?, _ storagePath: String?, _ isRecursive: Bool
    ) async throws {
        let name = LocalFolder.parts(path).last ?? path
        switch try await LocalInput.kind(of: path) {
        case .regular: add(UploadItem(name: name, source: .path(path)))
        case .stream:
            // A file of the system's that has no size keeps its name; a pipe of the shell's has none worth keeping.
            let isPipe = path.utf8.starts(with: "/dev/".utf8)
            let chunks = try await DescriptorChunks.opening(path)
            add(UploadItem(name: name, source: .stream(chunks), filename: filename ?? (isPipe ? nil : name)))
        case .folder where isRecursive:
            guard filename == nil else {
                throw CommandFailure(.usage, "--filename names one file, and \(path) is a folder; leave it out")
            }
            try await add(folder: path, storagePath)
        case .folder:
            throw CommandFailure(.refused, "\(path) is a folder; add --recursive to upload what is in it")
        case .other:
            throw CommandFailure(
                .refused,
                "\(path) is no regular file; to send what a pipe or device gives, use: ferry upload - < \(path)")
        }
    }

    private mutating func add(folder: String, _ storagePath: String?) async throws {
        let root = try await FolderRoot.opening(folder)
        var walk = FolderWalk(root)
        let found = try await walk.run()
        refusals += found.refusals
        for file in found.files {
            add(
                UploadItem(
                    name: root.shown(file.way), source: .found(root, file.source), filename: file.way.last,
                    storagePath: Self.storagePath(storagePath, folder: folder, way: file.way)))
        }
    }

    /// Where a file found in a folder is stored: the prefix, the folder's own name unless it was named as `.` or `..`,
    /// and the folders between. Nil for none of these.
    static func storagePath(_ prefix: String?, folder: String, way: [String]) -> String? {
        var parts = LocalFolder.parts(prefix ?? "")
        if let name = LocalFolder.parts(folder).last, name != ".", name != ".." { parts.append(name) }
        parts += way.dropLast()
        return parts.isEmpty ? nil : "/" + parts.joined(separator: "/")
    }
}
