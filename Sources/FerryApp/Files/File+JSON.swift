// SPDX-License-Identifier: Apache-2.0

public import FerryWire

extension File {
    /// Reads a file field: a path or an address as a string, or an object with `path` or `uri`.
    ///
    /// Unknown members are ignored. With both, the path says where the bytes are, and a `uri` that is no address, as
    /// the official library writes it for a local file, counts for nothing.
    ///
    /// - Throws: ``AppFailure`` (`invalid_input`) for anything else, an absent file among it.
    public init(json: JSONValue) throws {
        switch json {
        case .string(let text):
            guard !text.isEmpty else { throw Self.absent }
            self = try Self.read(text)
        case .object(let members):
            let form = Form(
                uri: try Self.text(members, "uri"), path: try Self.text(members, "path"),
                contentType: try Self.text(members, "content_type"), filename: try Self.text(members, "filename"),
                size: members["size"]?.integerValue)
            self = try Self.read(form)
        case .null: throw Self.absent
        default: throw AppFailure("a file field holds \(json.kind), not a file", code: .invalidInput)
        }
    }

    /// Whether a value stands for no file: null, an empty string or an empty object.
    public static func isAbsent(_ json: JSONValue) -> Bool {
        switch json {
        case .null: true
        case .string(let text): text.isEmpty
        case .object(let members): members.isEmpty
        default: false
        }
    }

    /// `{"uri", "path", "content_type", "size", "filename"}`, without what is not known.
    public var json: JSONValue {
        var members: JSONObject = [:]
        if let uri { members["uri"] = .string(uri) }
        if let path = try? path { members["path"] = .string(path) }
        if let contentType { members["content_type"] = .string(contentType) }
        if let size { members["size"] = .integer(size) }
        members["filename"] = .string(filename)
        return .object(members)
    }

    /// The JSON Schema of a file field.
    ///
    /// - Parameters:
    ///   - mediaType: which files are meant, `image/*`; nil for all.
    public static func jsonSchema(mediaType: String? = nil) -> JSONValue {
        var schema: JSONObject = ["type": "string", "format": "file"]
        if let mediaType { schema["contentMediaType"] = .string(mediaType) }
        return .object(schema)
    }

    // MARK: Reading

    /// The members of the object form; empty strings are nil.
    struct Form {
        var uri: String?
        var path: String?
        var contentType: String?
        var filename: String?
        var size: Int64?
    }

    static let absent = AppFailure("a file is missing; give its path or address", code: .invalidInput)

    private static func text(_ members: JSONObject, _ key: String) throws -> String? {
        guard let value = members[key], !value.isNull else { return nil }
        guard let text = value.stringValue else {
            throw AppFailure("a file field's \(key) is \(value.kind), not a string", code: .invalidInput)
        }
        return text.isEmpty ? nil : text
    }

    /// The file a string stands for: an address, else a path.
    static func read(_ text: String) throws -> File {
        if FileAddress.isAddress(text) { return try File(uri: text) }
        return File(path: try checked(text))
    }

    /// The file an object stands for.
    static func read(_ form: Form) throws -> File {
        let size = form.size.flatMap { $0 >= 0 ? $0 : nil }
        if let path = form.path {
            if FileAddress.isAddress(path) {
                throw AppFailure("a file field's path is an address; give it as uri", code: .invalidInput)
            }
            return File(
                source: .path(LocalPath.absolute(try checked(path))),
                origin: form.uri.flatMap { try? FileAddress($0) }?.text,
                contentType: form.contentType, filename: form.filename)
        }
        guard let address = try form.uri.map({ try FileAddress($0) }) else { throw absent }
        return File(
            source: .address(address), contentType: form.contentType, filename: form.filename, size: size)
    }

    private static func checked(_ path: String) throws -> String {
        guard !path.utf8.contains(0) else {
            throw AppFailure("a file field's path holds a zero byte", code: .invalidInput)
        }
        return path
    }
}
