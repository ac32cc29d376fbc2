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
        resolved.validate(value, at: .root, into: &found)
        return Array(found.prefix(Self.maximumViolations))
    }

    private func validate(_ value: JSONValue, at pointer: JSONPointer, into found: inout [WireFormatError]) {
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
                subschema(choice).validate(value, at: pointer, into: &errors)
                return errors
            }
            if !outcomes.contains(where: \.isEmpty) {
                // The alternative that came closest explains best.
                let closest = outcomes.max { $0[0].pointer.tokens.count < $1[0].pointer.tokens.count }
                found.append(contentsOf: closest ?? [])
            }
        }
        for part in root["allOf"]?.arrayValue ?? [] { subschema(part).validate(value, at: pointer, into: &found) }
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
            if let schema = root["items"], schema.objectValue != nil {
                let schema = subschema(schema)
                for (index, element) in elements.enumerated() {
                    schema.validate(element, at: pointer.appending(index), into: &found)
                }
            }
        case .object(let object): validate(object: object, at: pointer, into: &found)
        default: break
        }
    }

    private func validate(number: Double, _ violation: (String) -> Void) {
        if let bound = root["minimum"]?.doubleValue, number < bound { violation("must be at least \(bound)") }
        if let bound = root["maximum"]?.doubleValue, number > bound { violation("must be at most \(bound)") }
        if let bound = root["exclusiveMinimum"]?.doubleValue, number <= bound {
            violation("must be greater than \(bound)")
        }
        if let bound = root["exclusiveMaximum"]?.doubleValue, number >= bound { violation("must be less than \(bound)") }
    }

    private func validate(length: Int, _ keyword: String, _ unit: String, _ violation: (String) -> Void) {
        if let bound = root["min\(keyword)"]?.integerValue, length < bound {
            violation("must have at least \(bound) \(unit)")
        }
        if let bound = root["max\(keyword)"]?.integerValue, length > bound {
            violation("must have at most \(bound) \(unit)")
        }
    }

    private func validate(object: JSONObject, at pointer: JSONPointer, into found: inout [WireFormatError]) {
        for name in root["required"]?.arrayValue?.compactMap(\.stringValue) ?? [] where object[name] == nil {
            found.append(WireFormatError(pointer: pointer.appending(name), reason: "is missing"))
        }
        let properties = root["properties"]?.objectValue ?? [:]
        for (name, member) in object {
            if let schema = properties[name] {
                subschema(schema).validate(member, at: pointer.appending(name), into: &found)
            } else if let additional = root["additionalProperties"] {
                if additional == false {
                    let known = properties.keys.joined(separator: ", ")
                    found.append(
                        WireFormatError(
                            pointer: pointer.appending(name), reason: "is not a known field; known: \(known)"))
                } else {
                    subschema(additional).validate(member, at: pointer.appending(name), into: &found)
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
