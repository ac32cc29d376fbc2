// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire

/// What the host says to a worker, one JSON object a line.
enum WorkerCommand: Sendable, Hashable {
    /// The version of the protocol spoken here.
    static let protocolVersion: Int64 = 1

    case hello
    case run(AppJob, input: JSONValue, workFolder: String, outputFolder: String)
    case cancel(task: String)
    case shutdown

    /// The command as it is written, its line's end included.
    var line: [UInt8] {
        var bytes = json.serialized()
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    private var json: JSONValue {
        switch self {
        case .hello: ["type": "hello", "protocol": .integer(Self.protocolVersion)]
        case .run(let job, let input, let workFolder, let outputFolder):
            [
                "type": "run", "task": .string(job.taskID), "app": .string(job.app),
                "function": .string(job.function), "input": input, "work_dir": .string(workFolder),
                "output_dir": .string(outputFolder),
            ]
        case .cancel(let task): ["type": "cancel", "task": .string(task)]
        case .shutdown: ["type": "shutdown"]
        }
    }
}
