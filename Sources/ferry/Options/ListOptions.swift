// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryWire

/// Which records a list shows.
struct ListOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Most records of the page. (default: the server's, 10)", valueName: "n"))
    var limit: Int?

    @Option(help: ArgumentHelp("Begin where an earlier page ended.", valueName: "cursor"))
    var cursor: String?

    @Flag(help: "Show all records, not one page.")
    var all = false

    @Option(
        name: .customLong("filter"),
        help: ArgumentHelp(
            "Show only records that meet this: OP is eq, neq, gt, gte, lt, lte, like, ilike, contains, not_contains, "
                + "in or not_in, whose values are separated by commas, or is_null, is_not_null, is_empty or "
                + "is_not_empty, without a value. Can be given several times.", valueName: "field:op:value"))
    var filterTexts: [String] = []

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit must be at least 1") }
        if all, limit != nil || cursor != nil {
            throw ValidationError("--all shows everything; leave out --limit and --cursor")
        }
        _ = try request()
    }

    /// Records of one request when all are shown.
    private static let pageSize: Int64 = 100

    /// The first page's request.
    ///
    /// - Throws: `ValidationError`.
    func request() throws -> CursorListRequest {
        CursorListRequest(
            cursor: cursor ?? "", limit: all ? Self.pageSize : Int64(limit ?? 0),
            filters: try filterTexts.map(Self.filter))
    }

    /// Reads `FIELD:OP:VALUE`, or `FIELD:OP` where the comparison takes no value.
    static func filter(_ text: String) throws -> ListFilter {
        let parts = text.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 2, !parts[0].isEmpty else {
            throw ValidationError("'\(text)' is no filter; write it as FIELD:OP:VALUE, such as filename:like:%.png")
        }
        guard let operation = ListFilter.Operation(rawValue: parts[1]) else {
            let known = ListFilter.Operation.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("'\(parts[1])' is no comparison; use one of \(known)")
        }
        let given = parts.count == 3 ? parts[2] : nil
        let value: JSONValue
        switch (operation.arity, given) {
        case (.none, nil), (.none, ""): value = .null
        case (.none, _): throw ValidationError("'\(text)': \(parts[1]) takes no value; write \(parts[0]):\(parts[1])")
        case (_, nil): throw ValidationError("'\(text)' lacks a value; write it as \(parts[0]):\(parts[1]):VALUE")
        case (.many, let given?):
            value = .array(try given.split(separator: ",").map { try Self.value(String($0), of: parts[0]) })
        case (.one, let given?): value = try Self.value(given, of: operation.isTextual ? "" : parts[0])
        }
        return ListFilter(field: parts[0], operation: operation, value: value)
    }

    /// A value as the field's type has it.
    private static func value(_ text: String, of field: String) throws -> JSONValue {
        switch field {
        case "size":
            guard let number = Int64(text) else { throw ValidationError("size is compared with a number of bytes") }
            return .integer(number)
        case "status":
            if let number = Int64(text) { return .integer(number) }
            guard let status = TaskStatus(name: text) else {
                if ChatStatus(rawValue: text) != nil { return .string(text) }
                let known = TaskStatus.allCases.map(\.name).joined(separator: ", ")
                throw ValidationError(
                    "'\(text)' is no status; use one of \(known), or of a chat: "
                        + ChatStatus.allCases.map(\.rawValue).joined(separator: ", "))
            }
            return .integer(Int64(status.rawValue))
        default: return .string(text)
        }
    }
}
