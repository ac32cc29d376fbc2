// SPDX-License-Identifier: Apache-2.0

internal import FerryWire
package import NIOCore

extension UploadService {
    /// A form that may come, checked as far as its head goes.
    package struct FormTicket: Sendable {
        let boundary: [UInt8]
        let owner: Principal
    }

    /// Checks everything that can be checked before the form is read.
    package func admitForm(contentType: String, by principal: Principal) throws(ServerError) -> FormTicket {
        try principal.require(.filesWrite)
        do throws(MultipartError) {
            return FormTicket(boundary: try MultipartParser.boundary(ofContentType: contentType), owner: principal)
        } catch {
            throw ServerError(.invalidRequest, error.description)
        }
    }

    /// Takes an admitted form: one part `file`, and fields before or behind it.
    ///
    /// - Returns: a record that is ready. Nothing is left of a form that is refused.
    package func receive<Body: AsyncSequence<ByteBuffer, any Error>>(
        _ ticket: FormTicket, body: Body
    ) async throws -> FileRecord {
        let reader = FormReader(body.makeAsyncIterator(), boundary: ticket.boundary, limits: files.limits)
        let owner = ticket.owner
        return try await files.storeNew(FormFile(reader: reader), expectedSize: nil, team: owner.team.id) {
            let file = try FormOptions.file(reader.fields, reader.file)
            let category = reader.fields["category"] ?? ""
            return try files.record(for: file, category: category, owner: owner, place: "")
        }
    }
}
