// SPDX-License-Identifier: Apache-2.0

import FerryApp
import FerryWire

/// Typed access to an app's input, with messages that name the field.
struct InputReader {
    private let members: JSONObject

    init(_ input: JSONValue) throws {
        guard let members = input.objectValue else {
            throw AppFailure("the input is \(input.kind), not an object", code: .invalidInput)
        }
        self.members = members
    }

    private func value(_ key: String) -> JSONValue? {
        guard let value = members[key], !value.isNull else { return nil }
        return value
    }

    /// A file that must be there.
    func file(_ key: String) throws -> File {
        guard let value = value(key) else { throw AppFailure("\(key) is missing", code: .invalidInput) }
        let file = try File(json: value)
        guard file.exists() else { throw AppFailure("\(key): \(file.filename) does not exist", code: .invalidInput) }
        return file
    }

    /// An integer within bounds; nil when absent.
    func integer(_ key: String, in range: ClosedRange<Int64>) throws -> Int32? {
        guard let value = value(key) else { return nil }
        guard let number = value.integerValue, range.contains(number) else {
            throw AppFailure(
                "\(key) must be an integer from \(range.lowerBound) to \(range.upperBound)", code: .invalidInput)
        }
        return Int32(number)
    }

    /// A Boolean; false when absent.
    func bool(_ key: String) throws -> Bool {
        guard let value = value(key) else { return false }
        guard let flag = value.boolValue else { throw AppFailure("\(key) must be a boolean", code: .invalidInput) }
        return flag
    }

    /// One of some values; nil when absent.
    func choice<Choice: CaseIterable & RawRepresentable<String>>(
        _ key: String, of type: Choice.Type = Choice.self
    ) throws -> Choice? {
        guard let value = value(key) else { return nil }
        guard let choice = value.stringValue.flatMap(Choice.init(rawValue:)) else {
            let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw AppFailure("\(key) must be one of \(names)", code: .invalidInput)
        }
        return choice
    }
}
