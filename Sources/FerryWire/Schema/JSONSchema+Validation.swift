// SPDX-License-Identifier: Apache-2.0

extension JSONSchema {
    /// Most violations reported at once.
    public static let maximumViolations = 20

    /// What is wrong with a value; empty if nothing is.
    ///
    /// Where the schema says file, any string, object or null-free value passes here: what may stand for a file is a
    /// rule of its own.
    public func violations(of value: JSONValue) -> [WireFormatError] {
        var found: [WireFormatError] = []
        var effort = Effort()
        resolved.validate(value, at: .root, &effort, into: &found)
        return Array(found.prefix(Self.maximumViolations))
    }

    /// How many parts of `anyOf`, `oneOf` and `allOf` may still be tried, against schemas that refer to themselves:
    /// for the value in hand, and in all.
    private struct Effort {
        var here = JSONSchema.maximumChoices
        var total = JSONSchema.maximumTotalChoices

        /// Does something to a part of the value, which has a share of its own.
        mutating func deeper(_ body: (inout Effort) -> Void) {
            let saved = here
            here = JSONSchema.maximumChoices
            body(&self)
            here = saved
        }
    }

    private func validate(
        _ value: JSONValue, at pointer: JSONPointer, _ effort: inout Effort, into found: inout [WireFormatError]
    ) {
        guard found.count < Self.maximumViolations, root.objectValue != nil else { return }
        func violation(_ reason: String) { found.append(WireFormatError(pointer: pointer, reason: reason)) }

        if root["format"]?.stringValue == "file" {
            switch value {
            case .string, .object: return
            default: return violation("expected a file, got \(value.kind)")
            }
        }
        if let choices = root["anyOf"]?.arrayValue ?? root["oneOf"]?.arrayValue {
            let outcomes = choices.map { choice -> [WireFormatError] in
                var errors: [WireFormatError] = []
                subschema(choice).validate(part: value, at: pointer, &effort, into: &errors)
                return errors
            }
            if !outcomes.contains(where: \.isEmpty) {
                // The alternative that came closest explains best.
                let closest = outcomes.max { $0[0].pointer.tokens.count < $1[0].pointer.tokens.count }
                found.append(contentsOf: closest ?? [])
            }
        }
        for part in root["allOf"]?.arrayValue ?? [] {
            subschema(part).validate(part: value, at: pointer, &effort, into: &found)
        }
        if !types.isEmpty, !types.contains(where: { Self.matches(value, type: $0) }) {
            return violation("expected \(types.joined(separator: " or ")), got \(value.kind)")
        }
        if let allowed = root["enum"]?.arrayValue, !allowed.contains(value) {
            violation("must be one of \(allowed.map(\.description).joined(separator: ", "))")
        }
        if let constant = root["const"], constant != value { violation("must be \(constant)") }
        if let number = value.doubleValue { validate(number: number, violation) }
        switch value {
        case .string(let text): validate(length: text.unicodeScalars.count, "Length", "characters", violation)
        case .array(let elements):
            validate(length: elements.count, "Items", "elements", violation)
            let prefix = prefix.map(subschema)
            let rest = rest.first.map(subschema)
            for (index, element) in elements.enumerated() where found.count < Self.maximumViolations {
                guard let schema = index < prefix.count ? prefix[index] : rest else { continue }
                effort.deeper { schema.validate(element, at: pointer.appending(index), &$0, into: &found) }
            }
        case .object(let object): validate(object: object, at: pointer, &effort, into: &found)
        default: break
        }
    }

    /// Validates by a part of `anyOf`, `oneOf` or `allOf`.
    private func validate(
        part value: JSONValue, at pointer: JSONPointer, _ effort: inout Effort, into found: inout [WireFormatError]
    ) {
        guard effort.here > 0, effort.total > 0 else {
            return found.append(WireFormatError(pointer: pointer, reason: "the schema is too deep to check this"))
        }
        effort.here -= 1
        effort.total -= 1
        validate(value, at: pointer, &effort, into: &found)
    }

    private func validate(number: Double, _ violation: (String) -> Void) {
        if let bound = root["minimum"]?.doubleValue, number < bound { violation("must be at least \(bound)") }
        if let bound = root["maximum"]?.doubleValue, number > bound { violation("must be at most \(bound)") }
        if let bound = root["exclusiveMinimum"]?.doubleValue, number <= bound {
            violation("must be greater than \(bound)")
        }
        if let bound = root["exclusiveMaximum"]?.doubleValue, number >= bound {
            violation("must be less than \(bound)")
        }
    }

    private func validate(length: Int, _ keyword: String, _ unit: String, _ violation: (String) -> Void) {
        if let bound = root["min\(keyword)"]?.integerValue, length < bound {
            violation("must have at least \(bound) \(unit)")
        }
        if let bound = root["max\(keyword)"]?.integerValue, length > bound {
            violation("must have at most \(bound) \(unit)")
        }
    }

    private func validate(
        object: JSONObject, at pointer: JSONPointer, _ effort: inout Effort, into found: inout [WireFormatError]
    ) {
        for name in root["required"]?.arrayValue?.compactMap(\.stringValue) ?? [] where object[name] == nil {
            found.append(WireFormatError(pointer: pointer.appending(name), reason: "is missing"))
        }
        let properties = root["properties"]?.objectValue ?? [:]
        for (name, member) in object where found.count < Self.maximumViolations {
            if let schema = properties[name] {
                let schema = subschema(schema)
                effort.deeper { schema.validate(member, at: pointer.appending(name), &$0, into: &found) }
            } else if let additional = root["additionalProperties"] {
                if additional == false {
                    let known = properties.keys.joined(separator: ", ")
                    found.append(
                        WireFormatError(
                            pointer: pointer.appending(name), reason: "is not a known field; known: \(known)"))
                } else {
                    let schema = subschema(additional)
                    effort.deeper { schema.validate(member, at: pointer.appending(name), &$0, into: &found) }
                }
            }
        }
    }

    private static func matches(_ value: JSONValue, type: String) -> Bool {
        switch type {
        case "integer": value.integerValue != nil
        case "number": value.doubleValue != nil
        default: value.kind == type || (type == "number" && value.kind == "integer")
        }
    }
}
