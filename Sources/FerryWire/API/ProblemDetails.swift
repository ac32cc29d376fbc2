// SPDX-License-Identifier: Apache-2.0

/// An error's body: RFC 9457 problem details, with the members older clients read.
public struct ProblemDetails: JSONConvertible, Hashable, Error {
    /// HTTP status.
    public var status: Int
    /// Machine-readable code, the last segment of `type`.
    public var code: String
    /// Short name of the kind of problem.
    public var title: String
    /// What happened and how to remedy it.
    public var detail: String

    /// A problem.
    public init(status: Int, code: String, title: String, detail: String) {
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
    }

    /// Reads problem details, and the error forms of older servers.
    public init(json: JSONValue) throws(WireFormatError) {
        let reader = try JSONReader(json)
        let legacy = reader.value("error")
        status = Int((try? reader.integer("status")) ?? 0)
        let type = (try? reader.string("type")) ?? ""
        code = type.split(separator: "/").last.map(String.init) ?? legacy?["code"]?.stringValue ?? ""
        title = (try? reader.string("title")) ?? ""
        detail =
            (try? reader.string("detail")) ?? legacy?["message"]?.stringValue ?? legacy?.stringValue
            ?? (try? reader.string("message")) ?? title
        guard !code.isEmpty || !detail.isEmpty else {
            throw WireFormatError(pointer: .root, reason: "no problem details")
        }
    }

    public var json: JSONValue {
        [
            "type": .string("https://api.inference.sh/errors/\(code)"), "title": .string(title),
            "status": .integer(Int64(status)), "detail": .string(detail),
            "success": false, "error": ["code": .string(code), "message": .string(detail)],
        ]
    }
}
