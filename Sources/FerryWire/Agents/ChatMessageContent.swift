// SPDX-License-Identifier: Apache-2.0

/// One part of a message: text, what the model thought, a picture, a file, or its calls of tools.
public struct ChatMessageContent: JSONConvertible, Hashable {
    /// What kind of part it is.
    public enum Kind: String, Sendable, CaseIterable {
        case text
        case reasoning
        case image
        case file
        case tool
        case event
    }

    /// What kind of part it is.
    public var kind: Kind
    /// The text of a part of text or reasoning.
    public var text: String?
    /// The address of a picture or file.
    public var uri: String?
    /// The name, type and size of a picture or file, where known.
    public var filename: String?
    public var contentType: String?
    public var size: Int64?
    /// Why there is no more.
    public var error: String?
    /// A model's calls of tools, as it made them.
    public var toolCalls: [JSONValue]
    /// Something that happened in the chat.
    public var event: JSONValue

    /// A part.
    public init(
        _ kind: Kind, text: String? = nil, uri: String? = nil, filename: String? = nil, contentType: String? = nil,
        size: Int64? = nil, error: String? = nil, toolCalls: [JSONValue] = [], event: JSONValue = .null
    ) {
        self.kind = kind
        self.text = text
        self.uri = uri
        self.filename = filename
        self.contentType = contentType
        self.size = size
        self.error = error
        self.toolCalls = toolCalls
        self.event = event
    }

    /// A part that shows an attachment.
    public init(_ file: FileRef) {
        let isImage = file.contentType.lowercased().hasPrefix("image/")
        self.init(
            isImage ? .image : .file, uri: file.uri, filename: file.filename, contentType: file.contentType,
            size: file.size)
    }

    public init(json: JSONValue) throws(WireFormatError) {
        let reader = try JSONReader(json)
        let kind = try reader.named("type", Kind.self) ?? .event
        let image = try reader.string("image")
        self.init(
            kind, text: try reader.string("text"), uri: try reader.string("file") ?? image,
            filename: try reader.string("filename"), contentType: try reader.string("content_type"),
            size: try reader.integer("size"), error: try reader.string("error"),
            toolCalls: try reader.array("tool_calls") ?? [], event: reader.value("event") ?? .null)
    }

    public var json: JSONValue {
        var object: JSONObject = ["type": .string(kind.rawValue)]
        if let text { object["text"] = .string(text) }
        if let uri { object[kind == .image ? "image" : "file"] = .string(uri) }
        if let filename { object["filename"] = .string(filename) }
        if let contentType { object["content_type"] = .string(contentType) }
        if let size { object["size"] = .integer(size) }
        if let error { object["error"] = .string(error) }
        if !toolCalls.isEmpty { object["tool_calls"] = .array(toolCalls) }
        if !event.isNull { object["event"] = event }
        return .object(object)
    }

    /// The picture or file as a reference; nil for other parts.
    public var file: FileRef? {
        guard let uri, kind == .image || kind == .file else { return nil }
        return FileRef(
            uri: uri, filename: filename ?? "",
            contentType: contentType ?? (kind == .image ? "image/*" : "application/octet-stream"),
            id: FileURI(uri)?.id, size: size)
    }
}
