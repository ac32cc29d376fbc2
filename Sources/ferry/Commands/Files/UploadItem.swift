// SPDX-License-Identifier: Apache-2.0

import FerryClient
import FerryWire

/// One thing that `ferry upload` sends.
struct UploadItem: Sendable {
    /// Where its bytes are.
    enum Source: Sendable {
        /// A file that was named.
        case path(String)
        /// A file found in a folder that was named.
        case found(FolderRoot, [String])
        /// Standard input, or a pipe of the shell's.
        case stream(DescriptorChunks)
        /// A data URI that was typed.
        case dataURI(String)
        /// A data URI in a file.
        case dataURIFile(DataURIFile)
    }

    /// What people are shown as its name.
    var name: String
    /// Where its bytes are.
    var source: Source
    /// The name of the record; nil for that of the path.
    var filename: String?
    /// The storage path; nil for none.
    var storagePath: String?

    /// Whether it was found rather than named: a failure of such a file alone does not stop the others.
    var isFound: Bool { if case .found = source { true } else { false } }

    /// Uploads it.
    ///
    /// - Parameter options: what goes for every item.
    /// - Throws: ``CommandFailure``, `FerryError`, `CancellationError`.
    func upload(
        _ ferry: Ferry, _ options: UploadFileOptions, _ progress: ProgressHandler?
    ) async throws -> FileDTO {
        var options = options
        options.filename = filename ?? options.filename
        options.path = storagePath ?? options.path
        switch source {
        case .path(let path): return try await ferry.files.upload(path: path, options: options, progress: progress)
        case .stream(let chunks): return try await ferry.files.upload(chunks, options: options, progress: progress)
        case .dataURI(let text): return try await ferry.files.upload(text, options: options, progress: progress)
        case .dataURIFile(let file):
            options.contentType = options.contentType ?? file.mediaType.description
            return try await ferry.files.upload(file, options: options, progress: progress)
        case .found(let root, let way): return try await upload(root, way, ferry, options, progress)
        }
    }

    private func upload(
        _ root: FolderRoot, _ way: [String], _ ferry: Ferry, _ options: UploadFileOptions,
        _ progress: ProgressHandler?
    ) async throws -> FileDTO {
        try await root.withFile(way) { path in
            do {
                return try await ferry.files.upload(path: path, options: options, progress: progress)
            } catch var error as FerryError {
                // The path we opened it by says nothing to anybody.
                error.message = error.message.replacing(path, with: name)
                throw error
            }
        }
    }

    /// Whether a failure concerns this item and no other.
    static func isOfOneItem(_ error: any Error) -> Bool {
        switch error {
        case is CommandFailure: return true
        case let error as FerryError:
            let own: [FerryError.Code] = [
                .localFile, .localFileNotFound, .sourceChanged, .invalidInput, .tooLarge, .limitExceeded,
            ]
            return own.contains(error.code)
        default: return false
        }
    }
}
