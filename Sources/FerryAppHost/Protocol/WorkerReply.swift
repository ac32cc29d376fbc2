// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// What a worker says, one JSON object a line.
enum WorkerReply: Sendable, Hashable {
    case hello(protocol: Int64)
    case progress(fraction: Double?, message: String?)
    case log(level: String, message: String)
    case partial(JSONValue)
    case result(JSONValue)
    case error(code: String, message: String)
    case cancelled
    /// A type of a later version, which does not concern us.
    case unknown

    /// Reads a line that speaks of that task or of none.
    ///
    /// - Throws: ``ProtocolBreach``.
    init(line: [UInt8], task: String, limits: JSONLimits) throws(ProtocolBreach) {
        let json: JSONValue
        do {
            json = try JSONValue(parsing: line, limits: limits)
        } catch {
            throw ProtocolBreach("a line that is no JSON (\(error))")
        }
        do throws(WireFormatError) {
            let reader = try JSONReader(json)
            let type = try reader.required("type", try reader.string("type"))
            guard let reply = try Self.read(type, reader) else {
                self = .unknown
                return
            }
            if case .hello = reply {
            } else {
                let named = try reader.required("task", try reader.string("task"))
                guard named.utf8.elementsEqual(task.utf8) else {
                    throw WireFormatError(pointer: .root, reason: "is about another task")
                }
            }
            self = reply
        } catch {
            throw ProtocolBreach("a message that cannot be understood (\(error))")
        }
    }

    private static func read(_ type: String, _ reader: JSONReader) throws(WireFormatError) -> WorkerReply? {
        switch type {
        case "hello":
            return .hello(protocol: try reader.required("protocol", try reader.integer("protocol")))
        case "progress":
            let fraction = reader.value("fraction")?.doubleValue.map { min(1, max(0, $0)) }
            return .progress(fraction: fraction, message: try reader.string("message"))
        case "log":
            let message = try reader.required("message", try reader.string("message"))
            return .log(level: try reader.string("level") ?? "info", message: message)
        case "partial":
            return .partial(reader.object["output"] ?? .null)
        case "result":
            return .result(try reader.required("output", reader.object["output"]))
        case "error":
            return .error(code: try reader.string("code") ?? "", message: try reader.string("message") ?? "")
        case "cancelled":
            return .cancelled
        default:
            return nil
        }
    }
}

/// A worker said what the protocol does not allow.
struct ProtocolBreach: Error, Sendable, Hashable {
    /// What it said, in words that go on after "the app sent".
    let reason: String

    init(_ reason: String) { self.reason = reason }
}
