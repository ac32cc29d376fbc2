// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

struct TaskTimingsTests {
    private func timings(
        _ events: [(TaskStatus, Int64)], status: TaskStatus = .completed, now: Int64 = 0
    ) -> TaskTimingsDTO {
        TaskTimingsDTO(
            taskID: "t", status: status,
            events: events.map { (status: $0.0, time: Timestamp(microseconds: $0.1)) },
            now: Timestamp(microseconds: now))
    }

    @Test func `each phase lasts until the next begins, of all attempts together`() {
        let found = timings([
            (.received, 0), (.queued, 500), (.dispatched, 10_000), (.preparing, 11_000), (.settingUp, 15_000),
            (.running, 115_000), (.queued, 120_000), (.dispatched, 125_000), (.preparing, 125_500),
            (.running, 127_000), (.uploading, 130_000), (.completed, 131_999),
        ])
        #expect(
            found
                == TaskTimingsDTO(
                    taskID: "t", status: .completed, queued: 15, preparing: 7, settingUp: 100, running: 8, uploading: 1,
                    total: 131))
        #expect((try? TaskTimingsDTO(json: found.json)) == found)
    }

    @Test func `a phase under way counts until now`() {
        let found = timings([(.received, 0), (.queued, 0), (.running, 2000)], status: .running, now: 9000)
        #expect(found == TaskTimingsDTO(taskID: "t", status: .running, queued: 2, running: 7, total: 9))
    }

    @Test func `a clock that was put back makes no phase negative`() {
        let found = timings([(.queued, 9000), (.running, 1000), (.completed, 3000)])
        #expect(found == TaskTimingsDTO(taskID: "t", status: .completed, running: 2, total: 2))
        #expect(timings([]) == TaskTimingsDTO(taskID: "t", status: .completed))
    }
}
