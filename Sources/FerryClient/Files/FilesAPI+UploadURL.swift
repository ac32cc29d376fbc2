// SPDX-License-Identifier: Apache-2.0

public import FerryWire

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

extension FilesAPI {
    /// Uploads what a URL refers to: the local file of a `file:` URL, or the content of a `data:` URI.
    ///
    /// An `inf://` address or a content link of this server gives the record that is there already. Other http and
    /// https addresses are refused, for nothing is fetched here: a task takes them as they are.
    ///
    /// - Throws: as ``upload(path:options:progress:)``; `invalidInput` for a URL of any other kind.
    public func upload(
        _ url: URL, options: UploadFileOptions = UploadFileOptions(), progress: ProgressHandler? = nil
    ) async throws -> FileDTO {
        guard url.isFileURL else {
            let text = url.absoluteString
            if DataURI.hasScheme(text) || Self.isAddress(text) {
                return try await upload(text, options: options, progress: progress)
            }
            throw FerryError(
                .invalidInput, "a URL of this kind is no file; use a file: or data: URL, or the bytes themselves")
        }
        let host = url.host() ?? ""
        guard host.isEmpty || host.lowercased() == "localhost" else {
            throw FerryError(.invalidInput, "the file: URL names another machine; give the path of a local file")
        }
        return try await upload(path: url.path(percentEncoded: false), options: options, progress: progress)
    }
}
