// SPDX-License-Identifier: Apache-2.0

import FerryClient
import FerryWire

/// A task's input as the flags of a command put it together.
struct InputDocument {
    /// The input so far.
    private(set) var value: InputValue

    /// An input to begin with.
    init(_ value: InputValue = .object([])) { self.value = value }

    /// Takes a flag's `key=value`, the value as JSON if it is any, else as text.
    ///
    /// - Throws: ``CommandFailure`` (`usage`).
    mutating func set(_ assignment: String) throws(CommandFailure) {
        let (key, text) = try Self.split(assignment, flag: "--set")
        try put(Self.value(text), at: key)
    }

    /// Takes a flag's `key=PATH`.
    ///
    /// - Throws: ``CommandFailure`` (`usage`).
    mutating func setFile(_ assignment: String) throws(CommandFailure) {
        let (key, path) = try Self.split(assignment, flag: "--file")
        guard !path.isEmpty else { throw CommandFailure(.usage, "--file \(key)= names no file") }
        try put(.file(.path(path)), at: key)
    }

    /// JSON if the text is any, else the text.
    static func value(_ text: String) -> InputValue {
        (try? JSONValue(parsing: text)).map { InputValue($0) } ?? .string(text)
    }

    private static func split(_ assignment: String, flag: String) throws(CommandFailure) -> (Key, String) {
        guard let equals = assignment.utf8.firstIndex(of: UInt8(ascii: "=")) else {
            throw CommandFailure(.usage, "\(flag) takes key=value; '\(assignment)' has no =")
        }
        let key = try Key(String(assignment[..<equals]), flag: flag)
        return (key, String(assignment[assignment.utf8.index(after: equals)...]))
    }

    private mutating func put(_ new: InputValue, at key: Key) throws(CommandFailure) {
        value = try Self.placed(new, key.names[...], key, in: value)
    }

    private static func placed(
        _ new: InputValue, _ names: ArraySlice<String>, _ key: Key, in current: InputValue?
    ) throws(CommandFailure) -> InputValue {
        guard let name = names.first else {
            guard key.isAppended else { return new }
            switch current {
            case nil, .null: return .array([new])
            case .array(let elements): return .array(elements + [new])
            default: throw CommandFailure(.usage, "\(key) appends to a value that is no array; leave out []")
            }
        }
        switch current {
        case nil, .null: return .object([(key: name, value: try placed(new, names.dropFirst(), key, in: nil))])
        case .object(var members):
            let index = members.lastIndex { $0.key.utf8.elementsEqual(name.utf8) }
            let changed = try placed(new, names.dropFirst(), key, in: index.map { members[$0].value })
            if let index { members[index].value = changed } else { members.append((key: name, value: changed)) }
            return .object(members)
        case .array(var elements):
            guard let index = Int(name), elements.indices.contains(index) else {
                throw CommandFailure(.usage, "\(key): '\(name)' is no position in the array of \(elements.count) there")
            }
            elements[index] = try placed(new, names.dropFirst(), key, in: elements[index])
            return .array(elements)
        default: throw CommandFailure(.usage, "\(key): there is no object that could have a member '\(name)'")
        }
    }

    /// A place in the input: names separated by dots, `\.` for a dot in a name, `[]` at the end to append.
    private struct Key: CustomStringConvertible {
        var names: [String]
        var isAppended: Bool
        let description: String

        init(_ text: String, flag: String) throws(CommandFailure) {
            description = text
            var rest = text.unicodeScalars[...]
            isAppended = text.hasSuffix("[]")
            if isAppended { rest = rest.dropLast(2) }
            names = [""]
            while let scalar = rest.popFirst() {
                if scalar == "\\", let next = rest.first, next == "." || next == "\\" {
                    names[names.count - 1].unicodeScalars.append(next)
                    rest.removeFirst()
                } else if scalar == "." {
                    names.append("")
                } else {
                    names[names.count - 1].unicodeScalars.append(scalar)
                }
            }
            guard !names.contains("") else {
                throw CommandFailure(.usage, "\(flag): '\(text)' is no key; write it as name, outer.inner or list[]")
            }
        }
    }
}
