// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// What the worker says, one JSON object a line.
enum WorkerMessage: Sendable, Equatable {
    case hello(apps: [String])
    case ready
    case setupFailed(code: AppFailure.Code, message: String)
    case progress(task: String, fraction: Double?, message: String?)
    /// Nil for a line that belongs to no task, of the setup.
    case log(task: String?, level: LogLevel, message: String)
    case partial(task: String, output: JSONValue)
    /// What a language model's answer has grown by.
    case delta(task: String, delta: JSONValue)
    case result(task: String, output: JSONValue)
    case error(task: String, code: AppFailure.Code, message: String)
    case cancelled(task: String)

    var json: JSONValue {
        switch self {
        case .hello(let apps):
            return [
                "type": "hello", "protocol": .integer(HostMessage.protocolVersion),
                "apps": .array(apps.map(JSONValue.string)),
            ]
        case .ready: return ["type": "ready"]
        case .setupFailed(let code, let message):
            return ["type": "setup_failed", "code": .string(code.rawValue), "message": .string(message)]
        case .progress(let task, let fraction, let message):
            var members: JSONObject = ["type": "progress", "task": .string(task)]
            if let fraction { members["fraction"] = .double(fraction) }
            if let message { members["message"] = .string(message) }
            return .object(members)
        case .log(let task, let level, let message):
            var members: JSONObject = ["type": "log"]
            if let task { members["task"] = .string(task) }
            members["level"] = .string(level.rawValue)
            members["message"] = .string(message)
            return .object(members)
        case .partial(let task, let output):
            return ["type": "partial", "task": .string(task), "output": output]
        case .delta(let task, let delta):
            return ["type": "delta", "task": .string(task), "delta": delta]
        case .result(let task, let output):
            return ["type": "result", "task": .string(task), "output": output]
        case .error(let task, let code, let message):
            return [
                "type": "error", "task": .string(task), "code": .string(code.rawValue), "message": .string(message),
            ]
        case .cancelled(let task):
            return ["type": "cancelled", "task": .string(task)]
        }
    }

    /// The message as it is written, its line's end included.
    var line: [UInt8] {
        var bytes = json.serialized()
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    /// Whether the message fits into a line the host accepts.
    var fits: Bool { line.count <= HostMessage.maximumLength }
}
