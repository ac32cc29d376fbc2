// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// A stored file on one line, as commands that make or change one print it.
enum FileSummary {
    /// Prints name, size and address; only the address when quiet; an object with JSON.
    ///
    /// - Parameter name: what people are shown as its name; nil for the record's own.
    static func show(_ file: FileDTO, as name: String? = nil, _ console: Console) async throws {
        switch console.format {
        case .human:
            let name = Printable.line(name ?? file.filename)
            try await console.line("\(name)  \(ByteSize.text(file.size))  \(Printable.line(file.uri))")
        case .quiet: try await console.line(file.uri)
        case .json: try await console.json(json(file))
        }
    }

    private static func json(_ file: FileDTO) -> JSONValue {
        [
            "id": .string(file.id), "uri": .string(file.uri), "url": .string(file.url),
            "filename": .string(file.filename), "content_type": .string(file.contentType),
            "size": .integer(file.size), "sha256": .optional(file.sha256), "path": .string(file.path),
            "visibility": .string(file.visibility), "expires_at": .optional(file.expiresAt),
        ]
    }
}
