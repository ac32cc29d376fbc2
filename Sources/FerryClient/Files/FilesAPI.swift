// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// Stored files: `ferry.files`.
///
/// Wherever an id is asked for, an `inf://` address or a content link of the same server will do too.
public struct FilesAPI: Sendable {
    let transport: Transport

    /// A file's record, with a fresh link.
    ///
    /// - Throws: ``FerryError`` (`notFound`, and what concerns the connection).
    public func get(_ id: String) async throws -> FileDTO {
        let id = try FileReferences.id(in: id, base: transport.base)
        return try await transport.call(Routes.getFile, Routes.getFile.path(id))
    }

    /// Deletes a file, record and bytes.
    ///
    /// - Throws: ``FerryError`` (`notFound`, and what concerns the connection).
    public func delete(_ id: String) async throws {
        let id = try FileReferences.id(in: id, base: transport.base)
        _ = try await transport.retrier.run(safety: .repeatable) { attempt in
            do {
                return try await transport.call(Routes.deleteFile, Routes.deleteFile.path(id), safety: .never)
            } catch let error as FerryError where error.code == .notFound && attempt > 1 {
                // The try before did it although its answer was lost.
                return JSONValue.null
            }
        }
    }
}
