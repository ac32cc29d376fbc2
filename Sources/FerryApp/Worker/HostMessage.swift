// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// What the host says, one JSON object a line.
enum HostMessage: Sendable, Equatable {
    /// The version of the protocol spoken here.
    static let protocolVersion: Int64 = 1
    /// Most bytes of one line in either direction.
    static let maximumLength = 8 << 20

    case hello(protocol: Int64)
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
        case "hello": self = .hello(protocol: try reader.required("protocol", try reader.integer("protocol")))
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

    fileprivate init(_ reader: JSONReader) throws {
        task = try reader.required("task", try reader.string("task"))
        app = try reader.required("app", try reader.string("app"))
        function = try reader.string("function")
        input = reader.value("input") ?? [:]
        workDirectory = try reader.required("work_dir", try reader.string("work_dir"))
        outputDirectory = try reader.required("output_dir", try reader.string("output_dir"))
    }
}
