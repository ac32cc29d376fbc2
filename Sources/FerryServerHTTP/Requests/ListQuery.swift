// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import FerryWire

/// A list's request in a query: the members of the JSON form as parameters, arrays and objects as JSON text.
enum ListQuery {
    /// - Throws: ``ServerError`` or ``WireFormatError`` for parameters that come twice or have a wrong form.
    static func request(_ query: String?) throws -> CursorListRequest {
        var object = JSONObject()
        for pair in (query ?? "").split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = decode(parts[0]), let text = decode(parts.count > 1 ? parts[1] : "") else {
                throw ServerError(.validation, "the query is not UTF-8")
            }
            guard object[name] == nil else { throw ServerError(.validation, "/\(name): given twice") }
            switch name {
            case "limit", "page":
                guard let number = Int64(text), text.utf8.first != UInt8(ascii: "+") else {
                    throw ServerError(.validation, "/\(name): expected an integer")
                }
                object[name] = .integer(number)
            case "search" where text.utf8.first != UInt8(ascii: "{"):
                object[name] = ["term": .string(text)]
            case "fields" where text.utf8.first != UInt8(ascii: "["):
                object[name] = .array(text.split(separator: ",").map { .string(String($0)) })
            case "filters", "sort", "search", "fields":
                object[name] = try JSONValue(parsing: text)
            default:
                object[name] = .string(text)
            }
        }
        return try CursorListRequest(json: .object(object))
    }

    private static func decode(_ text: Substring) -> String? {
        PercentEncoding.decode(text.replacing("+", with: " "))
    }
}
