// SPDX-License-Identifier: Apache-2.0

public import FerryServerCore
internal import FerryWire

/// What every `TaskStore` must do.
public struct TaskStoreConformance: Sendable {
    private let make: @Sendable () async throws -> any TaskStore

    /// The suite for stores made by `make`: each call gives an empty one of its own.
    public init(make: @escaping @Sendable () async throws -> any TaskStore) { self.make = make }

    /// The names of the checks.
    public static var checks: [String] { suite.names }

    /// Runs every check, each on a fresh store.
    ///
    /// - Throws: ``ConformanceFailure`` of the first check that fails.
    public func run() async throws { try await Self.suite.run(on: make) }

    private static let suite = Checks<any TaskStore>(
        "TaskStore",
        [
            ("a record comes back as it went in", roundTrip),
            ("an id is taken once", uniqueIDs),
            ("what is not there is not found, whatever the id looks like", missing),
            ("a change of state is recorded with its event", transitions),
            ("a change from another state, or by another owner, is refused", refusals),
            ("a task that has ended never changes", endsOnce),
            ("of ends at once one wins", endRace),
            ("output and error stay unless they are set", changes),
            ("a log keeps the latest text, cut on a scalar", logs),
            ("logs of one task and another, of one kind and another, are apart", logKinds),
            ("a glance shows every change", glances),
            ("only a task that has ended is removed, with all that belongs to it", removal),
            ("unfinished tasks are counted", counting),
            ("a list has events and no logs", listContents),
            ("every field of a task can be compared", everyField),
            ("a cancelled caller is told so and nothing is changed", cancelled),
            ("paging gives each record once, forward and back", { try await lists($0).paging($1) }),
            ("a page may begin where no record is", { try await lists($0).positionWithoutRecord($1) }),
            ("limits and teams at the edges", { try await lists($0).edges($1) }),
            ("every comparison does what it says", { try await lists($0).conditionsOfEveryKind($1) }),
            ("conditions that make no sense are refused", { try await lists($0).impossibleConditions($1) }),
        ])

    private static func lists(_ store: any TaskStore) -> ListConformance<TaskRecord> {
        ListConformance(
            make: { TaskRecord.sample(id: $2, teamID: $0, createdAt: $1) },
            insert: { for task in $0 { try await store.insert(task) } }, list: { try await store.list($0) })
    }

    private static let roundTrip: Checks<any TaskStore>.Body = { store, check in
        let deep = (0..<100).reduce(JSONValue.string("bottom")) { value, _ in [value] }
        let odd: JSONValue = [
            "é": 1, "e\u{301}": [.integer(.max), .integer(.min), 1.5, -0.25, 1e300, nil, true, "\u{0}\u{2028}💾'\";--"],
            "deep": deep, "": [:],
        ]
        var full = TaskRecord.sample(
            status: .queued, input: odd, setup: ["a": []], output: [odd], error: "it broke\0\n'\"", maximumAttempts: 1)
        full.chatID = Identifier.random()
        full.events = [
            TaskRecord.Event(status: .received, time: Timestamp(microseconds: 5)),
            TaskRecord.Event(status: .queued, time: Timestamp(microseconds: -5)),
        ]
        let plain = TaskRecord.sample(input: .null)
        for task in [full, plain] {
            try await store.insert(task)
            try check.equal(try await store.task(id: task.id), task, "the record")
        }
    }

    private static let uniqueIDs: Checks<any TaskStore>.Body = { store, check in
        let task = TaskRecord.sample()
        try await store.insert(task)
        try await check.refuses("an id that is taken", with: .conflict) {
            try await store.insert(TaskRecord.sample(id: task.id, status: .queued))
        }
        try check.equal(try await store.task(id: task.id), task, "the record that was there")
    }

    private static let missing: Checks<any TaskStore>.Body = { store, check in
        let task = TaskRecord.sample(status: .completed)
        try await store.insert(task)
        for id in ["", Identifier.random(), task.id + "\0", task.id.uppercased(), "%", "' OR 1=1 --"] {
            let name = id.debugDescription
            try check.none(try await store.task(id: id), "a task of the id \(name)")
            try check.equal(try await store.delete(id: id), false, "removing the id \(name)")
            try check.none(
                try await store.transition(
                    id: id, to: .queued, from: Set(TaskStatus.allCases), owner: nil, change: TaskChange(), at: .sample),
                "a transition of the id \(name)")
            try await store.appendLog(id: id, kind: .task, text: "x", maximumBytes: 10, at: .sample)
        }
        try check.equal(try await store.task(id: task.id), task, "the record")
    }

    private static let transitions: Checks<any TaskStore>.Body = { store, check in
        var expected = TaskRecord.sample()
        try await store.insert(expected)
        let path: [TaskStatus] = [
            .queued, .preparing, .serving, .settingUp, .running, .running, .uploading, .completed,
        ]
        for (step, status) in path.enumerated() {
            let time = Timestamp.sample.advanced(bySeconds: Int64(step))
            let found = try await store.transition(
                id: expected.id, to: status, from: [expected.status, .cancelled], owner: nil, change: TaskChange(),
                at: time)
            expected.status = status
            expected.updatedAt = time
            expected.events.append(TaskRecord.Event(status: status, time: time))
            try check.equal(found, expected, "the record after the step to \(status.name)")
        }
        try check.equal(try await store.task(id: expected.id), expected, "the record")
    }

    private static let refusals: Checks<any TaskStore>.Body = { store, check in
        let task = TaskRecord.sample(status: .queued)
        try await store.insert(task)
        func attempt(_ from: Set<TaskStatus>, owner: String? = nil) async throws -> TaskRecord? {
            try await store.transition(
                id: task.id, to: .running, from: from, owner: owner, change: TaskChange(output: 1), at: .sample)
        }
        try check.none(try await attempt([]), "a transition from no state")
        try check.none(try await attempt([.received, .dispatched, .completed]), "a transition from other states")
        try check.none(try await attempt([.queued], owner: "someone"), "a transition by someone else")
        try check.equal(try await store.task(id: task.id), task, "the record")
    }
}
