// SPDX-License-Identifier: Apache-2.0

public import FerryServerCore
internal import FerryWire

/// What every `TaskFileIndex` must do.
public struct TaskFileIndexConformance: Sendable {
    private let make: @Sendable () async throws -> any TaskFileIndex

    /// The suite for indexes made by `make`: each call gives an empty one of its own.
    public init(make: @escaping @Sendable () async throws -> any TaskFileIndex) { self.make = make }

    /// The names of the checks.
    public static var checks: [String] { suite.names }

    /// Runs every check, each on a fresh index.
    ///
    /// - Throws: ``ConformanceFailure`` of the first check that fails.
    public func run() async throws { try await Self.suite.run(on: make) }

    private static let suite = Checks<any TaskFileIndex>(
        "TaskFileIndex",
        [
            ("entries come back inputs first, in the order they were added", order),
            ("an entry that is there already stays as it is", twice),
            ("entries are removed by role and file, and nobody else's", removal),
            ("no task has no entries, whatever its id looks like", missing),
            ("a cancelled caller is told so and nothing is changed", cancelled),
        ])

    private static func entry(
        _ task: String, _ role: TaskFileDTO.Role, file: String = Identifier.random(), after seconds: Int64 = 0
    ) -> TaskFileRecord {
        TaskFileRecord(
            taskID: task, fileID: file, role: role, createdAt: Timestamp.sample.advanced(bySeconds: seconds))
    }

    private static let order: Checks<any TaskFileIndex>.Body = { index, check in
        let (task, other) = (Identifier.random(), Identifier.random())
        let outputs = (0..<3).map { entry(task, .output, after: 9 - $0) }
        let inputs = (0..<3).map { entry(task, .input, after: 9 - $0) }
        try await index.insertTaskFiles([outputs[0], entry(other, .input)])
        try await index.insertTaskFiles(inputs)
        try await index.insertTaskFiles(Array(outputs.dropFirst()))
        try await index.insertTaskFiles([])
        try check.equal(try await index.taskFiles(ofTask: task, role: nil), inputs + outputs, "all entries")
        try check.equal(try await index.taskFiles(ofTask: task, role: .input), inputs, "the inputs")
        try check.equal(try await index.taskFiles(ofTask: task, role: .output), outputs, "the outputs")
    }

    private static let twice: Checks<any TaskFileIndex>.Body = { index, check in
        let (task, file) = (Identifier.random(), Identifier.random())
        let (first, both) = (entry(task, .input, file: file), entry(task, .output, file: file))
        try await index.insertTaskFiles([first, entry(task, .input, file: file, after: 5), both])
        try await index.insertTaskFiles([entry(task, .input, file: file, after: 7)])
        try check.equal(try await index.taskFiles(ofTask: task, role: nil), [first, both], "the entries")
    }

    private static let removal: Checks<any TaskFileIndex>.Body = { index, check in
        let (task, other, file) = (Identifier.random(), Identifier.random(), Identifier.random())
        let (input, output) = (entry(task, .input, file: file), entry(task, .output, file: file))
        let (second, foreign) = (entry(task, .output), entry(other, .output, file: file))
        try await index.insertTaskFiles([input, output, second, foreign])
        try await index.removeTaskFiles(ofTask: task, role: .output, fileIDs: [file, Identifier.random(), "'"])
        try check.equal(try await index.taskFiles(ofTask: task, role: nil), [input, second], "what one removal left")
        try await index.removeTaskFiles(ofTask: task, role: nil, fileIDs: [])
        try check.equal(try await index.taskFiles(ofTask: task, role: nil), [input, second], "what none left")
        for _ in 0..<2 { try await index.removeTaskFiles(ofTask: task, role: nil, fileIDs: nil) }
        try check.equal(try await index.taskFiles(ofTask: task, role: nil), [], "what the last removal left")
        try check.equal(try await index.taskFiles(ofTask: other, role: nil), [foreign], "the other task's")
    }

    private static let missing: Checks<any TaskFileIndex>.Body = { index, check in
        let task = Identifier.random()
        try await index.insertTaskFiles([entry(task, .input)])
        for id in ["", Identifier.random(), task + "\0", "%", "' OR 1=1 --"] {
            try check.equal(
                try await index.taskFiles(ofTask: id, role: nil), [], "entries of \(id.debugDescription)")
            try await index.removeTaskFiles(ofTask: id, role: nil, fileIDs: nil)
        }
        try check.equal(try await index.taskFiles(ofTask: task, role: nil).count, 1, "number of entries")
    }

    private static let cancelled: Checks<any TaskFileIndex>.Body = { index, check in
        let task = Identifier.random()
        try await index.insertTaskFiles([entry(task, .input)])
        try await check.refusesWhenCancelled("insert") { try await index.insertTaskFiles([entry(task, .output)]) }
        try await check.refusesWhenCancelled("removal") {
            try await index.removeTaskFiles(ofTask: task, role: nil, fileIDs: nil)
        }
        try check.equal(try await index.taskFiles(ofTask: task, role: nil).count, 1, "number of entries")
    }
}
