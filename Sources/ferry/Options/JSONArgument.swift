// SPDX-License-Identifier: Apache-2.0

import FerryClient
import FerryWire

/// JSON given by a flag: the text itself, `@FILE`, or `-` for standard input.
enum JSONArgument {
    /// Most bytes of an input.
    static let maximumLength = 16 << 20

    /// The value; nil if the flag was not given.
    ///
    /// - Throws: ``CommandFailure``.
    static func json(_ text: String?, flag: String) async throws -> JSONValue? {
        guard let text else { return nil }
        guard isFromFile(text) else { return try parsed(text, name: flag) }
        let path = text == LocalInput.standardInput ? text : String(text.dropFirst())
        let bytes = try await LocalInput.bytes(path, upTo: maximumLength)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandFailure(.refused, "\(flag) is not UTF-8 text; it must be JSON")
        }
        return try parsed(text, name: path == LocalInput.standardInput ? "standard input" : path)
    }

    /// The value as an app's input; nil if the flag was not given.
    ///
    /// - Throws: ``CommandFailure``.
    static func input(_ text: String?, flag: String) async throws -> InputValue? {
        try await json(text, flag: flag).map { InputValue($0) }
    }

    /// Whether the flag names where the JSON lies.
    static func isFromFile(_ text: String) -> Bool {
        text == LocalInput.standardInput || text.utf8.first == UInt8(ascii: "@")
    }

    /// The text as JSON.
    ///
    /// - Throws: ``CommandFailure`` (`usage`) that names the flag or file.
    static func parsed(_ text: String, name: String) throws(CommandFailure) -> JSONValue {
        do throws(JSONSyntaxError) {
            return try JSONValue(parsing: text)
        } catch {
            throw CommandFailure(.usage, "\(name) holds no JSON: \(error)")
        }
    }
}
