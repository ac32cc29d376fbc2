// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire

/// What the host says to a worker, one JSON object a line.
enum WorkerCommand: Sendable, Hashable {
    /// The version of the protocol spoken here.
    static let protocolVersion: Int64 = 2

    /// The first word. The origins are those that the worker's own guard of downloads lets through.
    case hello(origins: [String])
    /// Once, before the first task; also where there is nothing to set up.
    case setup(app: String, setup: JSONValue, WorkerIdentity)
    case run(AppJob, app: String, input: JSONValue, workFolder: String, outputFolder: String, WorkerIdentity)
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
        case .hello(let origins):
            [
                "type": "hello", "protocol": .integer(Self.protocolVersion),
                "origins": .array(origins.map { .string($0) }),
            ]
        case .setup(let app, let setup, let identity):
            ["type": "setup", "app": .string(app), "setup": setup, "metadata": .object(identity.metadata)]
        case .run(let job, let app, let input, let workFolder, let outputFolder, let identity):
            [
                "type": "run", "task": .string(job.taskID), "app": .string(app), "function": .string(job.function),
                "input": input, "work_dir": .string(workFolder), "output_dir": .string(outputFolder),
                "metadata": .object(Self.metadata(of: job, identity)),
            ]
        case .cancel(let task): ["type": "cancel", "task": .string(task)]
        case .shutdown: ["type": "shutdown"]
        }
    }

    private static func metadata(of job: AppJob, _ identity: WorkerIdentity) -> JSONObject {
        var members: [(String, JSONValue)] = [
            ("task_id", .string(job.taskID)), ("team_id", .string(job.teamID)), ("user_id", .string(job.userID)),
            ("app_id", .string(identity.appID)), ("app_version_id", .string(identity.versionID)),
            ("worker_id", .string(identity.workerID)),
        ]
        if let session = job.session { members.append(("session_id", .string(session))) }
        return JSONObject(members: members)
    }
}

/// Who a worker is, as its app is told.
struct WorkerIdentity: Sendable, Hashable {
    var appID: String
    var versionID: String
    var workerID: String

    var metadata: JSONObject {
        JSONObject(members: [
            ("app_id", .string(appID)), ("app_version_id", .string(versionID)), ("worker_id", .string(workerID)),
        ])
    }
}
