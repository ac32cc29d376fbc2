// SPDX-License-Identifier: Apache-2.0

public import FerryWire

extension FilesAPI {
    /// A file that is uploaded already: the record itself, no request is made.
    public func upload(_ file: FileDTO) async throws -> FileDTO { file }

    /// A file that is uploaded already: its record, asked for by the reference. No bytes are sent.
    ///
    /// - Throws: ``FerryError`` (`notFound`, and `invalidInput` for an address of another place).
    public func upload(_ reference: FileRef) async throws -> FileDTO {
        try await existing(reference.id ?? reference.uri)
    }

    /// The record that an `inf://` address or a content link of this server refers to.
    func existing(_ text: String) async throws -> FileDTO {
        guard let id = FileReferences.idIfAny(in: text, base: transport.base) else {
            let reason =
                WebAddress(text) == nil
                ? "\(FileReferences.shown(text)) is no address of a stored file"
                : "\(FileReferences.shown(text)) is an address, not a file: give it to a task as it is, or download it "
                    + "first and upload the file"
            throw FerryError(.invalidInput, reason)
        }
        return try await transport.call(Routes.getFile, Routes.getFile.path(id))
    }

    /// Whether a text is the address of something, whose bytes are not in the text.
    static func isAddress(_ text: String) -> Bool {
        if FileURI.hasScheme(text) { return true }
        let start = text.utf8.prefix(8).map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        return start.starts(with: "http://".utf8) || start.starts(with: "https://".utf8)
    }
}
