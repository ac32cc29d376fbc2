// SPDX-License-Identifier: Apache-2.0

import FerryApp
import FerryWire
import NIOCore

/// Writes a request, pictures piece by piece. Blocks: use it inside ``BlockingWork``.
struct RequestWriter {
    /// Bytes of a picture read at a time; a multiple of three, so that the pieces' base64 can be joined.
    private static let piece = 3 << 16

    private let limits: ChatCompletionLimits
    private let flag: StopFlag
    private var body = ByteBuffer()

    private init(limits: ChatCompletionLimits, flag: StopFlag) {
        self.limits = limits
        self.flag = flag
    }

    /// - Throws: ``AppFailure`` naming the file with which the request is too large; `CancellationError`.
    static func body(
        model: String, messages: [ChatMessage], options: JSONObject, limits: ChatCompletionLimits = .standard,
        flag: StopFlag
    ) throws -> ByteBuffer {
        var writer = RequestWriter(limits: limits, flag: flag)
        writer.body.writeString("{\"model\":")
        try writer.write(.string(model))
        for (key, value) in options {
            writer.body.writeString(",\"\(key)\":")
            try writer.write(value)
        }
        writer.body.writeString(",\"messages\":[")
        for (index, message) in messages.enumerated() {
            if index > 0 { writer.body.writeString(",") }
            try writer.write(message)
        }
        writer.body.writeString("]}")
        return writer.body
    }

    private mutating func write(_ message: ChatMessage) throws {
        body.writeString("{\"role\":\"\(message.role.rawValue)\"")
        if message.parts.isEmpty {
            // Calls of tools may come without content. Some servers take no null in its place.
            if message.text != nil || message.toolCalls.isEmpty {
                body.writeString(",\"content\":")
                try write(.string(message.text ?? ""))
            }
        } else {
            body.writeString(",\"content\":")
            let text = (message.text ?? "").utf8.isEmpty ? [] : [ContentPart.text(message.text ?? "")]
            for (index, part) in (text + message.parts).enumerated() {
                body.writeString(index == 0 ? "[" : ",")
                try write(part)
            }
            body.writeString("]")
        }
        if !message.toolCalls.isEmpty {
            body.writeString(",\"tool_calls\":")
            try write(.array(message.toolCalls.map(Self.json)))
        }
        if let id = message.toolCallID {
            body.writeString(",\"tool_call_id\":")
            try write(.string(id))
        }
        body.writeString("}")
    }

    private mutating func write(_ part: ContentPart) throws {
        switch part {
        case .text(let text, let file):
            try write(["type": "text", "text": .string(text)], file.map { "with the file \($0)" })
        case .image(let image):
            let start = "data:\(image.mediaType);base64,"
            body.writeString("{\"type\":\"image_url\",\"image_url\":{\"url\":\"\(start)")
            let file = try OpenFile(image.path, called: image.name)
            guard file.size == Int64(image.size) else {
                throw AppFailure("the image \(image.name) changed while it was read; try again")
            }
            var left = image.size
            while left > 0 {
                try flag.check()
                let bytes = try file.read(min(left, Self.piece))
                guard !bytes.isEmpty else {
                    throw AppFailure("the image \(image.name) changed while it was read; try again")
                }
                left -= bytes.count
                body.writeString(Base64.encode(bytes))
                try check("with the image \(image.name)")
            }
            body.writeString("\"}}")
        }
    }

    private mutating func write(_ json: JSONValue, _ what: String? = nil) throws {
        body.writeBytes(json.serialized())
        try check(what ?? "with all messages")
    }

    private func check(_ what: String) throws {
        guard body.readableBytes <= limits.requestBytes else {
            throw AppFailure(
                "\(what) the request to the model has more than \(limits.requestBytes >> 20) MiB; attach less, or start a "
                    + "new chat", code: .invalidInput)
        }
    }

    private static func json(_ call: LLMToolCall) -> JSONValue {
        // Text stays as it is: it is what the model wrote.
        let arguments = call.function.arguments.stringValue ?? "\(call.function.arguments)"
        return [
            "id": .string(call.id), "type": "function",
            "function": ["name": .string(call.function.name), "arguments": .string(arguments)],
        ]
    }
}
