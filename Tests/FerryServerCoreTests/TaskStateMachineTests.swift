// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Testing

@testable import FerryServerCore

struct TaskStateMachineTests {
    /// Every legal change, by the state left.
    private static let legal: [TaskStatus: Set<TaskStatus>] = [
        .unknown: [],
        .received: [.queued, .failed, .cancelled, .rejected],
        .queued: [.dispatched, .failed, .cancelled, .rejected],
        .dispatched: [.queued, .preparing, .serving, .settingUp, .running, .cancelling, .failed],
        .preparing: [.queued, .serving, .settingUp, .running, .cancelling, .failed],
        .serving: [.queued, .running, .cancelling, .failed],
        .settingUp: [.queued, .running, .cancelling, .failed],
        .running: [.queued, .uploading, .completed, .cancelling, .failed],
        .uploading: [.queued, .completed, .cancelling, .failed],
        .cancelling: [.cancelled],
        .completed: [], .failed: [], .cancelled: [], .rejected: [],
    ]

    @Test(arguments: TaskStatus.allCases)
    func `exactly the legal changes lead out of a state`(from: TaskStatus) throws {
        let expected = try #require(Self.legal[from])
        for to in TaskStatus.allCases {
            #expect(TaskStateMachine.sources(of: to).contains(from) == expected.contains(to), "\(from) to \(to)")
        }
    }

    @Test func `a terminal state is never left`() {
        for status in TaskStatus.allCases {
            #expect(TaskStateMachine.sources(of: status).allSatisfy { !$0.isTerminal })
        }
    }

    @Test func `no state follows itself`() {
        for status in TaskStatus.allCases { #expect(!TaskStateMachine.sources(of: status).contains(status)) }
    }

    @Test func `every state but the unknown one can be left for an end`() {
        for status in TaskStatus.allCases where !status.isTerminal && status != .unknown {
            let ends = TaskStatus.allCases.filter { $0.isTerminal && TaskStateMachine.sources(of: $0).contains(status) }
            #expect(!ends.isEmpty, "\(status) is a dead end")
        }
    }

    @Test func `the active states are those in which somebody works`() {
        let expected = TaskStatus.allCases.filter { $0 >= .dispatched && !$0.isTerminal }
        #expect(TaskStateMachine.active == Set(expected))
    }

    @Test(arguments: TaskStateMachine.active.sorted())
    func `an active task can be given back to the queue unless it is being cancelled`(status: TaskStatus) {
        #expect(TaskStateMachine.sources(of: .queued).contains(status) == (status != .cancelling))
    }
}
