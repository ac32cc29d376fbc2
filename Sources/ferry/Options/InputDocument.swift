// SPDX-License-Identifier: Apache-2.0

import FerryClient
import FerryWire

/// A task's input as the flags of a command put it together.
struct InputDocument {
    /// The input so far.
    private(set) var value: InputValue
    /// The places that `--set` has set.
    private var typed: [[String]] = []

    /// An input to begin with.
    init(_ value: InputValue = .object([])) { self.value = value }

    /// Takes a flag's `key=value`, the value as JSON if it is any, else as text.
    ///
    /// - Throws: ``CommandFailure`` (`usage`).
    mutating func set(_ assignment: String) throws(CommandFailure) {
        let (key, text) = try Self.split(assignment, flag: "--set")
        try put(Self.value(text), at: key)
        typed.append(key.isAppended ? key.names + [String(Self.count(value, key.names[...]) - 1)] : key.names)
    }

    /// Says of a path that stands where `--set` has put it that it is meant as a file.
    ///
    /// - Returns: whether it was put there, and not by the rest of the input.
    mutating func takeAsFile(at pointer: JSONPointer) -> Bool {
        let tokens = pointer.tokens
        guard typed.contains(where: { tokens.starts(with: $0) }) else { return false }
        value = Self.asFile(value, tokens[...])
        return true
    }

    private static func asFile(_ value: InputValue, _ tokens: ArraySlice<String>) -> InputValue {
        switch (value, tokens.first) {
        case (.string(let path), nil): return .file(.path(path))
        case (.object(var members), let name?):
            guard let index = members.lastIndex(where: { $0.key.utf8.elementsEqual(name.utf8) }) else { return value }
            members[index].value = asFile(members[index].value, tokens.dropFirst())
            return .object(members)
        case (.array(var elements), let name?):
            guard let index = Int(name), elements.indices.contains(index) else { return value }
            elements[index] = asFile(elements[index], tokens.dropFirst())
            return .array(elements)
        default: return value
        }
    }

    /// Elements of the array at a place.
    private static func count(_ value: InputValue, _ names: ArraySlice<String>) -> Int {
        switch (value, names.first) {
        case (.array(let elements), nil): return elements.count
        case (.array(let elements), let name?):
            guard let index = Int(name), elements.indices.contains(index) else { return 0 }
            return count(elements[index], names.dropFirst())
        case (.object(let members), let name?):
            return members.last { $0.key.utf8.elementsEqual(name.utf8) }.map { count($0.value, names.dropFirst()) } ?? 0
        default: return 0
        }
    }

    /// Takes a flag's `key=PATH`; addresses and data URIs, which no path looks like, are files too.
    ///
    /// - Throws: ``CommandFailure`` (`usage`).
    mutating func setFile(_ assignment: String) throws(CommandFailure) {
        let (key, path) = try Self.split(assignment, flag: "--file")
        guard !path.isEmpty else { throw CommandFailure(.usage, "--file \(key)= names no file") }
        guard path.utf8.first != UInt8(ascii: "@") else {
            throw CommandFailure(
                .usage,
                "--file takes the path itself: --file \(key)=\(path.dropFirst()); if the name begins with @, write "
                    + "./\(path)")
        }
        if DataURI.hasScheme(path) {
            try put(.file(.dataURI(path)), at: key)
        } else if Self.isAddress(path) {
            try put(.file(.uri(path)), at: key)
        } else {
            try put(.file(.path(path)), at: key)
        }
    }

    private static func isAddress(_ text: String) -> Bool {
        FileURI.hasScheme(text) || ["http://", "https://"].contains { text.lowercased().hasPrefix($0) }
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
