// SPDX-License-Identifier: Apache-2.0

/// One line of a task's stream (NDJSON), or one frame of its SSE form.
public enum TaskStreamLine: Sendable, Hashable {
    /// The whole record.
    case snapshot(TaskDTO)
    /// Some of the record's members.
    case partial(JSONValue, fields: [String])
    /// Tokens as they come.
    case delta(JSONValue)
    /// Nothing new; the connection lives.
    case heartbeat
    /// A kind this version does not know.
    case other(JSONValue)

    /// Reads a line.
    public init(json: JSONValue) throws(WireFormatError) {
        let reader = try JSONReader(json)
        if reader.object["type"]?.stringValue == "heartbeat" {
            self = .heartbeat
        } else if reader.object["event"]?.stringValue == "delta" {
            self = .delta(reader.value("data") ?? .null)
        } else if let data = reader.value("data"), reader.object["id"] == nil {
            if let fields = try reader.strings("fields") {
                self = .partial(data, fields: fields)
            } else {
                self = .snapshot(try TaskDTO(json: data))
            }
        } else if reader.object["id"] != nil {
            self = .snapshot(try TaskDTO(json: json))
        } else {
            self = .other(json)
        }
    }

    /// The line as NDJSON, with its line end.
    public var ndjson: [UInt8] {
        var bytes = json.serialized()
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    /// The frame as a server-sent event; a heartbeat is a comment.
    public var serverSentEvent: [UInt8] {
        if case .heartbeat = self { return Array(":\n\n".utf8) }
        var bytes = Array("event: update\ndata: ".utf8)
        json.serialize(into: &bytes)
        bytes += Array("\n\n".utf8)
        return bytes
    }

    private var json: JSONValue {
        switch self {
        case .snapshot(let task): task.json
        case .partial(let data, let fields): ["data": data, "fields": .array(fields.map(JSONValue.string))]
        case .delta(let data): ["event": "delta", "data": data]
        case .heartbeat: ["type": "heartbeat"]
        case .other(let value): value
        }
    }
}
