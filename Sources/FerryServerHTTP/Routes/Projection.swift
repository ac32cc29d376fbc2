// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import FerryWire

/// The members of records that a list is to show; `id` always, all of them if none is named.
struct Projection {
    private let fields: Set<[UInt8]>?

    /// - Parameter sample: any record, for the names of its members.
    /// - Throws: ``ServerError`` for a name that no record has.
    init(_ fields: [String], of sample: some JSONConvertible) throws(ServerError) {
        let known = sample.json.objectValue?.keys ?? []
        for (index, field) in fields.enumerated()
        where !known.contains(where: { $0.utf8.elementsEqual(field.utf8) }) {
            throw ServerError(
                .validation, "/fields/\(index): unknown member; known are \(known.joined(separator: ", "))")
        }
        self.fields = fields.isEmpty ? nil : Set((fields + ["id"]).map { Array($0.utf8) })
    }

    /// What is shown of a record.
    func show(_ record: some JSONConvertible) -> JSONMember {
        guard let fields, let object = record.json.objectValue else { return JSONMember(json: record.json) }
        return JSONMember(
            json: .object(JSONObject(members: object.filter { fields.contains(Array($0.key.utf8)) }.map { ($0, $1) })))
    }
}

/// Any JSON as an element of an answer.
struct JSONMember: JSONConvertible {
    let json: JSONValue

    init(json: JSONValue) { self.json = json }
}
