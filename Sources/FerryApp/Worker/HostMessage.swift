// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// What the host says, one JSON object a line.
enum HostMessage: Sendable, Equatable {
    /// The version of the protocol spoken here.
    static let protocolVersion: Int64 = 2
    /// Most bytes of one line in either direction.
    static let maximumLength = 8 << 20

    /// The origins are those of which files may be fetched although they lie in a private network.
    case hello(protocol: Int64, origins: [String])
    case setup(SetupRequest)
    case run(TaskRequest)
    case cancel(task: String)
    case shutdown
    /// A type of a later version, which does not concern us.
    case unknown(type: String)

    /// Reads a line.
    ///
    /// - Throws: `JSONSyntaxError`, `WireFormatError`.
    init(line: [UInt8]) throws {
        let limits = JSONLimits(maximumBytes: Self.maximumLength)
        let reader = try JSONReader(try JSONValue(parsing: line, limits: limits))
        let type = try reader.required("type", try reader.string("type"))
        switch type {
        case "hello":
            self = .hello(
                protocol: try reader.required("protocol", try reader.integer("protocol")),
                origins: try reader.strings("origins") ?? [])
        case "setup": self = .setup(try SetupRequest(reader))
        case "run": self = .run(try TaskRequest(reader))
        case "cancel": self = .cancel(task: try reader.required("task", try reader.string("task")))
        case "shutdown": self = .shutdown
        default: self = .unknown(type: type)
        }
    }
}

/// One task as the host hands it over.
struct TaskRequest: Sendable, Equatable {
    let task: String
    let app: String
    /// Nil for the app's default.
    let function: String?
    let input: JSONValue
    let workDirectory: String
    let outputDirectory: String
    let metadata: TaskMetadata

    fileprivate init(_ reader: JSONReader) throws {
        task = try reader.required("task", try reader.string("task"))
        app = try reader.required("app", try reader.string("app"))
        function = try reader.string("function")
        input = reader.value("input") ?? [:]
        workDirectory = try reader.required("work_dir", try reader.string("work_dir"))
        outputDirectory = try reader.required("output_dir", try reader.string("output_dir"))
        metadata = TaskMetadata(json: reader.value("metadata"))
    }
}

/// What an app is to be set up with.
struct SetupRequest: Sendable, Equatable {
    let app: String
    /// Null for the defaults.
    let setup: JSONValue
    let metadata: TaskMetadata

    fileprivate init(_ reader: JSONReader) throws {
        app = try reader.required("app", try reader.string("app"))
        setup = reader.value("setup") ?? .null
        metadata = TaskMetadata(json: reader.value("metadata"))
    }
}
