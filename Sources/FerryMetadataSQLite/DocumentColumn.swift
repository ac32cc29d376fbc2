// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import FerryWire

/// JSON documents as text, within limits that hold for writing and reading alike: what was stored can be read.
struct DocumentColumn: Sendable {
    /// Most bytes.
    let maximumSize: Int
    /// Deepest nesting.
    let maximumDepth: Int

    /// The document's text.
    ///
    /// - Throws: `ServerError` if it is beyond a limit.
    func text(_ value: JSONValue) throws(ServerError) -> String {
        guard Self.isNested(value, atMost: maximumDepth) else {
            throw ServerError(.validation, "the JSON is nested deeper than \(maximumDepth) levels; flatten it")
        }
        let bytes = value.serialized()
        guard bytes.count <= maximumSize else {
            throw ServerError(
                .payloadTooLarge, "the JSON is longer than \(maximumSize) bytes; upload large parts as files")
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The document of a text.
    func value(_ text: String) throws(ServerError) -> JSONValue {
        do throws(JSONSyntaxError) {
            // No limit of size: what is stored passed the limit of its day.
            return try JSONValue(
                parsing: text.utf8, limits: JSONLimits(maximumBytes: .max, maximumDepth: max(maximumDepth, 256)))
        } catch {
            throw ServerError(.internalError, "a stored document is damaged", cause: error)
        }
    }

    private static func isNested(_ value: JSONValue, atMost depth: Int) -> Bool {
        switch value {
        case .array(let elements): depth > 0 && elements.allSatisfy { isNested($0, atMost: depth - 1) }
        case .object(let members): depth > 0 && members.allSatisfy { isNested($0.value, atMost: depth - 1) }
        default: true
        }
    }
}
