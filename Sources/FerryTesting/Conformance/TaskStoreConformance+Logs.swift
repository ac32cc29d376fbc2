// SPDX-License-Identifier: Apache-2.0

internal import FerryServerCore
internal import FerryWire

extension TaskStoreConformance {
    static let logs: Checks<any TaskStore>.Body = { store, check in
        var random = SeededGenerator(seed: 12)
        let alphabet = ["a", "b\n", "é", "€", "💾", "\u{0}", "\r\n", "e\u{301}", "x\ty"]
        for limit in [1, 2, 3, 5, 17, 100, 20_000, 1_000_000] {
            let task = TaskRecord.sample(status: .running)
            try await store.insert(task)
            var all: [UInt8] = []
            for step in 0..<40 {
                let length = Int.random(in: 0...(step % 7 == 0 ? 2_000 : 20), using: &random)
                let text = (0..<length).map { _ in alphabet.randomElement(using: &random) ?? "" }.joined()
                try await store.appendLog(
                    id: task.id, kind: .run, text: text, maximumBytes: limit,
                    at: Timestamp.sample.advanced(bySeconds: Int64(step)))
                all += Array(text.utf8)
            }
            let log = try check.some(try await store.task(id: task.id)?.logs.first, "the log")
            let found = Array(log.content.utf8)
            try check.require(found.count <= limit, "\(found.count) bytes for a limit of \(limit)")
            try check.require(all.suffix(found.count).elementsEqual(found), "not the latest text (limit \(limit))")
            try check.require(
                found.count == all.count || found.count + 3 >= limit, "only \(found.count) bytes for \(limit)")
            try check.require(log.createdAt < log.updatedAt, "the times of the log")
        }
    }

    static let glances: Checks<any TaskStore>.Body = { store, check in
        try check.none(try await store.glance(id: Identifier.random()), "a glance at no task")
        let task = TaskRecord.sample(status: .queued)
        try await store.insert(task)
        var seen: Set<TaskGlance> = [try check.some(try await store.glance(id: task.id), "the glance")]
        // At one and the same time: clocks are not to be relied on.
        for (step, status) in [TaskStatus.dispatched, .preparing, .running].enumerated() {
            _ = try await store.transition(
                id: task.id, to: status, from: Set(TaskStatus.allCases), owner: nil, change: TaskChange(), at: .sample)
            seen.insert(try check.some(try await store.glance(id: task.id), "the glance"))
            for kind in [TaskLogDTO.Kind.run, .task] {
                for _ in 0..<3 {
                    try await store.appendLog(
                        id: task.id, kind: kind, text: "line\n", maximumBytes: 1000, at: .sample)
                    seen.insert(try check.some(try await store.glance(id: task.id), "the glance"))
                }
            }
            try check.equal(seen.count, 1 + 7 * (step + 1), "glances that differ")
            try check.equal(
                try await store.glance(id: task.id), try await store.glance(id: task.id), "two glances in a row")
            try check.equal(try await store.glance(id: task.id)?.status, status, "the state at a glance")
        }
    }

    static let logKinds: Checks<any TaskStore>.Body = { store, check in
        let (first, second) = (TaskRecord.sample(status: .running), TaskRecord.sample(status: .running))
        for task in [first, second] { try await store.insert(task) }
        let later = Timestamp.sample.advanced(bySeconds: 1)
        try await store.appendLog(id: first.id, kind: .task, text: "t", maximumBytes: 10, at: .sample)
        try await store.appendLog(id: first.id, kind: .build, text: "b", maximumBytes: 10, at: .sample)
        try await store.appendLog(id: second.id, kind: .task, text: "other", maximumBytes: 10, at: .sample)
        try await store.appendLog(id: first.id, kind: .task, text: "T", maximumBytes: 10, at: later)
        try await store.appendLog(id: first.id, kind: .run, text: "", maximumBytes: 10, at: later)
        try check.equal(
            try await store.task(id: first.id)?.logs,
            [
                TaskRecord.Log(kind: .build, createdAt: .sample, updatedAt: .sample, content: "b"),
                TaskRecord.Log(kind: .task, createdAt: .sample, updatedAt: later, content: "tT"),
            ], "the first task's logs")
        try check.equal(try await store.task(id: second.id)?.logs.map(\.content), ["other"], "the second task's log")
        // Logs may grow after the end: the last lines of an app come late.
        _ = try await store.transition(
            id: first.id, to: .failed, from: [.running], owner: nil, change: TaskChange(), at: later)
        try await store.appendLog(id: first.id, kind: .task, text: "!", maximumBytes: 10, at: later)
        try check.equal(try await store.task(id: first.id)?.logs.last?.content, "tT!", "the log after the end")
    }
}
