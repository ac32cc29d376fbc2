// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Synchronization

/// What the fields of a type are, read off a value that nobody has filled.
struct FieldPlan: Sendable {
    /// Deepest nesting of types that a schema describes; whatever lies deeper may be anything.
    static let maximumDepth = 16

    /// One property.
    struct Entry: Sendable {
        /// Its name in JSON.
        let name: String
        /// What its values are; for a ``Field``, of what is in it.
        let type: Any.Type
        /// The field without a value given, if the property is one.
        let field: (any AnyField)?
        /// What it holds when nobody gives it; nil when it must be given or is nil then.
        let standard: JSONValue?
        /// Whether the encoded form leaves the property out when it is nil.
        let mayBeLeftOut: Bool

        /// Whether an input without it is refused.
        var isRequired: Bool { standard == nil && !(type is any OptionalValue.Type) && type != JSONValue.self }
    }

    /// The properties in the order they were written down.
    let entries: [Entry]

    /// Plans made before, since every element of a list asks for its own.
    private static let known = Mutex<[ObjectIdentifier: FieldPlan]>([:])

    /// The plan of a type.
    static func of(_ type: any AppFields.Type) throws -> FieldPlan {
        if let plan = known.withLock({ $0[ObjectIdentifier(type)] }) { return plan }
        let plan = try FieldPlan(type)
        known.withLock { $0[ObjectIdentifier(type)] = plan }
        return plan
    }

    private init(_ type: any AppFields.Type) throws {
        let node = try EncodingNode(of: type.init())
        var entries: [Entry] = []
        for member in node.members ?? [] where Self.isShown(member.type) {
            let field = member.value as? any AnyField
            let value = field.map { $0.content } ?? member.value
            let given = value.flatMap { ($0 as? any OptionalValue).map { $0.content } ?? $0 }
            let standard = try given.map { try FieldWriter().json(of: $0) }
            entries.append(
                Entry(
                    name: member.name, type: field.map { Swift.type(of: $0).valueType } ?? member.type,
                    field: field, standard: standard, mayBeLeftOut: member.mayBeLeftOut))
        }
        self.entries = entries
    }

    /// Whether callers see a property of that type.
    private static func isShown(_ type: Any.Type) -> Bool { type != OutputMeta.self && type != OutputMeta?.self }

    /// The property of that name in JSON.
    func entry(_ name: String) -> Entry? { entries.first { $0.name.utf8.elementsEqual(name.utf8) } }
}
