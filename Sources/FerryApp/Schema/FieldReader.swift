// SPDX-License-Identifier: Apache-2.0

import FerryWire

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Makes typed values of JSON, and says where one does not fit.
///
/// Integers stay exact, text never becomes a number, and what is said about a value names its place: a field of the
/// input by its name, anything deeper by its JSON Pointer.
struct FieldReader: Sendable {
    /// Where the value at hand stands.
    var place = JSONPointer.root
    /// What the whole is called.
    var what = "the input"

    /// What the place is called in a message.
    var label: String {
        switch place.tokens.count {
        case 0: what
        case 1: place.tokens[0]
        default: place.description
        }
    }

    func at(_ key: String) -> FieldReader { FieldReader(place: place.appending(key), what: what) }
    func at(_ index: Int) -> FieldReader { FieldReader(place: place.appending(index), what: what) }

    func failure(_ text: String) -> AppFailure { AppFailure("\(label) \(text)", code: .invalidInput) }

    /// The value as a type.
    ///
    /// - Throws: ``AppFailure`` with code `invalid_input`.
    func value<Value: Decodable>(_ type: Value.Type, from json: JSONValue) throws -> Value {
        do {
            guard let value = try any(type, json) as? Value else { throw failure("has an unexpected type") }
            return value
        } catch let error as DecodingError {
            throw failure("is not accepted: \(Self.text(of: error))")
        }
    }

    private func any<Value: Decodable>(_ type: Value.Type, _ json: JSONValue) throws -> Any {
        if type == JSONValue.self { return json }
        if let optional = type as? any OptionalValue.Type {
            let isNil = json.isNull || optional.wrappedType == File.self && Self.isNoFile(json)
            return isNil ? optional.none : try optional.some(from: json, by: self)
        }
        if type == File.self { return try file(json) }
        if let choices = choices(of: type), !choices.contains(json) { throw failure(Self.sentence(choices)) }
        if let fields = type as? any AppFields.Type {
            guard json.objectValue != nil else { throw failure("must be an object, not \(json.kind)") }
            return try type.init(from: ValueDecoder(json: json, reader: self, plan: try FieldPlan.of(fields)))
        }
        if let table = type as? any TableValue.Type {
            guard let members = json.objectValue else { throw failure("must be an object, not \(json.kind)") }
            return try table.filled(from: members, by: self)
        }
        return try scalar(type, json) ?? type.init(from: ValueDecoder(json: json, reader: self, plan: nil))
    }

    private func scalar(_ type: Any.Type, _ json: JSONValue) throws -> Any? {
        if type == String.self {
            guard let text = json.stringValue else { throw failure("must be a string, not \(json.kind)") }
            return text
        }
        if type == Bool.self {
            guard let flag = json.boolValue else { throw failure("must be a boolean, not \(json.kind)") }
            return flag
        }
        if type == Double.self || type == Float.self {
            guard let number = json.doubleValue else { throw failure("must be a number, not \(json.kind)") }
            return type == Float.self ? Float(number) : number
        }
        return try (type as? any FixedWidthInteger.Type).map { try integer($0, json) }
    }

    private func integer<Number: FixedWidthInteger>(_ type: Number.Type, _ json: JSONValue) throws -> Any {
        guard let value = json.integerValue else { throw failure("must be an integer") }
        guard let number = Number(exactly: value) else {
            throw failure("must be an integer from \(Number.min) to \(Number.max)")
        }
        return number
    }

    private func file(_ json: JSONValue) throws -> File {
        guard !json.isNull, !Self.isNoFile(json) else { throw failure("is missing") }
        let file: File
        do {
            file = try File(json: json)
        } catch let error as AppFailure {
            throw AppFailure("\(label): \(error.message)", code: error.code, cause: error.cause)
        }
        guard let path = file.json["path"]?.stringValue else { return file }
        // One look at a local disk, where the host has just put the file.
        guard isRegularFile(path) else {
            throw AppFailure("\(label): \(file.filename) does not exist", code: .invalidInput)
        }
        return file
    }

    /// Whether the value stands for no file at all.
    private static func isNoFile(_ json: JSONValue) -> Bool {
        json.stringValue?.utf8.isEmpty == true || json.objectValue?.isEmpty == true
    }

    /// Holds a number, and each in a list or table, against a field's limits. Done before its type is looked at, so that
    /// one sentence tells both.
    func check(_ json: JSONValue, _ rules: FieldRules, of type: Any.Type) throws {
        guard rules.minimum != nil || rules.maximum != nil else { return }
        switch type {
        case let optional as any OptionalValue.Type:
            if !json.isNull { try check(json, rules, of: optional.wrappedType) }
        case let list as any ListValue.Type:
            for (index, element) in (json.arrayValue ?? []).enumerated() {
                try at(index).check(element, rules, of: list.elementType)
            }
        case let table as any TableValue.Type:
            for (key, member) in json.objectValue ?? [:] { try at(key).check(member, rules, of: table.elementType) }
        default:
            let fits = (rules.minimum?.isAtMost(json) ?? true) && (rules.maximum?.isAtLeast(json) ?? true)
            let noun = type is any BinaryInteger.Type ? "an integer" : "a number"
            guard fits else { throw failure("must be \(noun) \(rules.sentence)") }
        }
    }

    private static func sentence(_ choices: [JSONValue]) -> String {
        let names = choices.map { $0.stringValue ?? "\($0)" }
        if choices.contains(where: { $0.stringValue != nil }) {
            return "must be one of \(names.joined(separator: ", "))"
        }
        guard names.count > 1 else { return "must be \(names.joined())" }
        return "must be \(names.dropLast().joined(separator: ", ")) or \(names[names.count - 1])"
    }

    private static func text(of error: DecodingError) -> String {
        switch error {
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
            .dataCorrupted(let context):
            context.debugDescription
        @unknown default: "it cannot be read"
        }
    }
}

extension FieldRules {
    /// The limits, as they follow “must be a number”.
    var sentence: String {
        switch (minimum, maximum) {
        case (let minimum?, let maximum?): "from \(minimum.json) to \(maximum.json)"
        case (let minimum?, nil): "of at least \(minimum.json)"
        case (nil, let maximum?): "of at most \(maximum.json)"
        case (nil, nil): ""
        }
    }
}

/// Whether a regular file lies at a path now.
func isRegularFile(_ path: String) -> Bool {
    var facts = stat()
    return stat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFREG
}
