// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// What can be downloaded: a record, an id, an address, or a value out of a task's output.
public protocol DownloadSource: Sendable {
    /// What it refers to.
    ///
    /// - Throws: ``FerryError`` (`invalidInput`) if it refers to no file.
    func downloadReference() throws -> DownloadReference
}

/// What a ``DownloadSource`` refers to.
public struct DownloadReference: Sendable {
    enum Kind: Sendable {
        case record(FileDTO)
        case text(String)
    }

    let kind: Kind

    /// A file's record.
    public static func record(_ file: FileDTO) -> DownloadReference { DownloadReference(kind: .record(file)) }

    /// A file's id, an `inf://` address, an http or https address, or a `data:` URI.
    public static func text(_ text: String) -> DownloadReference { DownloadReference(kind: .text(text)) }
}

extension FileDTO: DownloadSource {
    /// The record itself.
    public func downloadReference() -> DownloadReference { .record(self) }
}

extension FileRef: DownloadSource {
    /// The address in it.
    public func downloadReference() -> DownloadReference { .text(uri) }
}

extension String: DownloadSource {
    /// The text as id or address.
    public func downloadReference() -> DownloadReference { .text(self) }
}

extension JSONValue: DownloadSource {
    /// The text, or the member `uri` (else `url`) of the object.
    public func downloadReference() throws -> DownloadReference {
        if let text = stringValue ?? self["uri"]?.stringValue ?? self["url"]?.stringValue, !text.isEmpty {
            return .text(text)
        }
        throw FerryError(
            .invalidInput, "a value of kind \(kind) is no file; expected an address or an object with a member uri")
    }
}

extension Optional: DownloadSource where Wrapped: DownloadSource {
    /// What the wrapped value refers to.
    public func downloadReference() throws -> DownloadReference {
        guard let self else {
            throw FerryError(.invalidInput, "there is no value to download; check the name of the output's member")
        }
        return try self.downloadReference()
    }
}
