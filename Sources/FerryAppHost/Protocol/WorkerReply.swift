// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// What a worker says, one JSON object a line.
enum WorkerReply: Sendable, Hashable {
    case hello(protocol: Int64)
    /// It is set up and waits for its first task.
    case ready
    case setupFailed(code: String, message: String)
    case progress(task: String, fraction: Double?, message: String?)
    /// Without a task during setup, or when the app does not know which one it speaks of.
    case log(task: String?, level: String, message: String)
    case partial(task: String, JSONValue)
    /// What a language model's answer grew by, an object.
    case delta(task: String, JSONValue)
    case result(task: String, JSONValue)
    case error(task: String, code: String, message: String)
    case cancelled(task: String)
    /// A type of a later version, which does not concern us.
    case unknown

    /// Reads a line.
    ///
    /// - Throws: ``ProtocolBreach``.
    init(line: [UInt8], limits: JSONLimits) throws(ProtocolBreach) {
        let json: JSONValue
        do {
            json = try JSONValue(parsing: line, limits: limits)
        } catch {
            throw ProtocolBreach("a line that is no JSON (\(error))")
        }
        do throws(WireFormatError) {
            let reader = try JSONReader(json)
            let type = try reader.required("type", try reader.string("type"))
            self = try Self.read(type, reader) ?? .unknown
        } catch {
            throw ProtocolBreach("a message that cannot be understood (\(error))")
        }
    }

    private static func read(_ type: String, _ reader: JSONReader) throws(WireFormatError) -> WorkerReply? {
        switch type {
        case "hello":
            return .hello(protocol: try reader.required("protocol", try reader.integer("protocol")))
        case "ready":
            return .ready
        case "setup_failed":
            return .setupFailed(code: try reader.string("code") ?? "", message: try reader.string("message") ?? "")
        case "progress":
            let fraction = reader.value("fraction")?.doubleValue.map { min(1, max(0, $0)) }
            return .progress(task: try task(reader), fraction: fraction, message: try reader.string("message"))
        case "log":
            let message = try reader.required("message", try reader.string("message"))
            return .log(
                task: try reader.string("task"), level: try reader.string("level") ?? "info", message: message)
        case "partial":
            return .partial(task: try task(reader), reader.object["output"] ?? .null)
        case "delta":
            let task = try task(reader)
            return .delta(task: task, .object(try reader.required("delta", reader.object["delta"]?.objectValue)))
        case "result":
            let task = try task(reader)
            return .result(task: task, try reader.required("output", reader.object["output"]))
        case "error":
            return .error(
                task: try task(reader), code: try reader.string("code") ?? "",
                message: try reader.string("message") ?? "")
        case "cancelled":
            return .cancelled(task: try task(reader))
        default:
            return nil
        }
    }

    private static func task(_ reader: JSONReader) throws(WireFormatError) -> String {
        try reader.required("task", try reader.string("task"))
    }
}

/// A worker said what the protocol does not allow.
struct ProtocolBreach: Error, Sendable, Hashable {
    /// What it said, in words that go on after "the app sent".
    let reason: String

    init(_ reason: String) { self.reason = reason }
}
