// SPDX-License-Identifier: Apache-2.0

package import FerryServerCore
package import FerryWire

/// A record made of two bytes.
package struct FuzzedItem: ListedRecord {
    package static let listName = "items"
    package static let listFields: [String: RecordQuery.Kind] = [
        "id": .text, "name": .text, "size": .integer, "created_at": .time,
    ]
    package static let searchFields = ["name"]

    package let id: String
    package let teamID = "team"
    package let expiresAt: Timestamp? = nil
    private let name: RecordQuery.Value?
    private let size: Int64

    package init(number: Int, name: UInt8, size: UInt8) {
        id = String(repeating: "a", count: 25) + String(number)
        // A tenth has no name, a tenth an empty one.
        switch name % 10 {
        case 0: self.name = nil
        case 1: self.name = .text("")
        default: self.name = .text(String(decoding: [name], as: UTF8.self))
        }
        self.size = Int64(Int8(bitPattern: size))
    }

    package func listValue(_ field: String) -> RecordQuery.Value? {
        switch field {
        case "id": .text(id)
        case "name": name
        case "size": .integer(size)
        case "created_at": .integer(size / 8)
        default: nil
        }
    }

    /// Whether this one comes before the other in a list of that order.
    package func precedes(_ other: FuzzedItem, in order: [RecordQuery.Sort]) -> Bool {
        Self.precedes(order.map { listValue($0.field) }, id, order.map { other.listValue($0.field) }, other.id, order)
    }

    /// What a store answers: the records behind the position, nearest first if that is meant, in the list's order.
    package static func select(_ query: RecordQuery, from sorted: [FuzzedItem]) -> [FuzzedItem] {
        guard let position = query.position else { return Array(sorted.prefix(query.limit)) }
        let order = query.order
        if query.isBackward {
            let before = sorted.filter { item in
                precedes(order.map { item.listValue($0.field) }, item.id, position.values, position.id, order)
            }
            return before.suffix(query.limit)
        }
        let behind = sorted.filter { item in
            precedes(position.values, position.id, order.map { item.listValue($0.field) }, item.id, order)
        }
        return Array(behind.prefix(query.limit))
    }

    private static func precedes(
        _ first: [RecordQuery.Value?], _ firstID: String, _ second: [RecordQuery.Value?], _ secondID: String,
        _ order: [RecordQuery.Sort]
    ) -> Bool {
        for (place, sort) in order.enumerated() where first[place] != second[place] {
            return isLess(first[place], second[place]) != sort.isDescending
        }
        guard firstID != secondID else { return false }
        return (firstID < secondID) != (order.last?.isDescending ?? true)
    }

    private static func isLess(_ first: RecordQuery.Value?, _ second: RecordQuery.Value?) -> Bool {
        switch (first, second) {
        case (nil, nil): false
        case (nil, _): true
        case (_, nil): false
        case (.integer(let first)?, .integer(let second)?): first < second
        case (.text(let first)?, .text(let second)?): first.utf8.lexicographicallyPrecedes(second.utf8)
        case (.integer?, .text?): true
        case (.text?, .integer?): false
        }
    }
}

/// The same record in a list of another name.
package struct OtherItem: ListedRecord {
    package static let listName = "others"
    package static let listFields = FuzzedItem.listFields
    package static let searchFields = FuzzedItem.searchFields

    package let id: String
    package let teamID: String
    package let expiresAt: Timestamp?
    package func listValue(_ field: String) -> RecordQuery.Value? { nil }
}
