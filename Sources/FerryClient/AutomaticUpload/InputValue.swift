// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// A task's input: JSON in which files may stand. Written as literals; members keep their order.
public indirect enum InputValue: Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case double(Double)
    /// Text, or what automatic upload takes for a file.
    case string(String)
    case array([InputValue])
    /// Members in order; of members with one name the last counts.
    case object([(key: String, value: InputValue)])
    /// Certainly a file.
    case file(FileInput)
    /// A value from someone else: no string in it is ever taken for a file.
    case untrusted(InputValue)

    /// Most levels of arrays and objects in an input.
    public static let maximumDepth = 64

    /// The same value as JSON has it, with strings that may be files. For what a person or a program of theirs wrote;
    /// for what a task, an agent or a tool gave there is ``init(untrusted:)``.
    public init(_ json: JSONValue) {
        self =
            switch json {
            case .null: .null
            case .bool(let value): .bool(value)
            case .integer(let value): .integer(value)
            case .double(let value): .double(value)
            case .string(let value): .string(value)
            case .array(let elements): .array(elements.map { InputValue($0) })
            case .object(let members): .object(members.map { (key: $0.key, value: InputValue($0.value)) })
            }
    }

    /// Whether there is any string or file in it, which alone may need an upload; also if it is too deep to tell.
    var holdsCandidates: Bool { holdsCandidates(levels: Self.maximumDepth) }

    private func holdsCandidates(levels: Int) -> Bool {
        guard levels >= 0 else { return true }
        return switch self {
        case .null, .bool, .integer, .double: false
        case .string, .file: true
        case .array(let elements): elements.contains { $0.holdsCandidates(levels: levels - 1) }
        case .object(let members): members.contains { $0.value.holdsCandidates(levels: levels - 1) }
        case .untrusted(let value): value.holdsCandidates(levels: levels - 1)
        }
    }
}

extension InputValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByStringInterpolation,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(nilLiteral: ()) { self = .null }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(floatLiteral value: Double) { self = .double(value) }
    public init(stringLiteral value: String) { self = .string(value) }
    public init(arrayLiteral elements: InputValue...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, InputValue)...) {
        self = .object(elements.map { (key: $0.0, value: $0.1) })
    }
}
