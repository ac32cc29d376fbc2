// SPDX-License-Identifier: Apache-2.0

import FerryTesting
import FerryWire
import Testing

@testable import FerryServerCore

@Suite(.timeLimit(.minutes(2)))
struct TaskFairnessTests {
    /// Remembers the order in which tasks are taken.
    private actor RecordingQueue: TaskQueue {
        private let sound: InMemoryTaskStore
        private(set) var taken: [TaskRecord] = []

        init(_ sound: InMemoryTaskStore) { self.sound = sound }

        func claim(
            owner: String, leaseUntil: Timestamp, ofChats: Bool, maximumPerTeam: Int, at time: Timestamp
        ) async throws -> TaskRecord? {
            let task = try await sound.claim(
                owner: owner, leaseUntil: leaseUntil, ofChats: ofChats, maximumPerTeam: maximumPerTeam, at: time)
            if let task { taken.append(task) }
            return task
        }

        func renew(id: String, owner: String, leaseUntil: Timestamp) async throws -> TaskStatus? {
            try await sound.renew(id: id, owner: owner, leaseUntil: leaseUntil)
        }

        func reclaim(
            leaseExpiredBefore: Timestamp, error: String, at time: Timestamp
        ) async throws -> [TaskRecord] {
            try await sound.reclaim(leaseExpiredBefore: leaseExpiredBefore, error: error, at: time)
        }
    }

    private struct Crowd {
        /// Names of teams, by id.
        var teams: [String: String] = [:]
        var tasks: [TaskRecord] = []

        /// 64 tasks of four teams; the one with the most of them comes first.
        init(in world: World) async throws {
            for (name, count) in [("crowd", 40), ("few", 12), ("fewer", 8), ("fewest", 4)] {
                let principal = try await world.principal(team: name)
                teams[principal.team.id] = name
                for number in 0..<count {
                    world.clock.advance(bySeconds: 1)
                    let request = RunRequest(app: "test/echo", input: ["number": .integer(Int64(number))])
                    tasks.append(try await world.services.tasks.submit(request, by: principal, bases: [World.base]))
                }
            }
        }
    }

    @Test func `64 tasks of several teams on 2 workers all end, each team's in its order`() async throws {
        let apps = ScriptedAppRunner { job, _, _ in
            for _ in 0..<20 { await Task.yield() }
            return job.input
        }
        let world = try await World(apps: apps) { $0.maximumConcurrentTasks = 2 }
        let crowd = try await Crowd(in: world)
        let queue = RecordingQueue(world.tasks)
        let dispatcher = TaskDispatcher(
            queue: queue, bus: world.bus, execution: world.execution(), isAlone: true, limits: world.limits,
            clock: world.clock.serverClock, logger: .silent)
        try await world.withService(dispatcher) {
            try await eventually("all have ended") { try await world.tasks.unfinishedCount() == 0 }
        }
        for task in crowd.tasks {
            let record = try await world.record(of: task)
            #expect(record.status == .completed)
            #expect(record.attempts == 1)
        }
        let taken = await queue.taken
        #expect(taken.count == 64)
        for team in crowd.teams.keys {
            let numbers = taken.filter { $0.teamID == team }.compactMap { $0.input["number"]?.integerValue }
            #expect(numbers == numbers.sorted(), "\(numbers)")
        }
    }

    @Test func `no team waits behind another's crowd`() async throws {
        let world = try await World()
        let crowd = try await Crowd(in: world)
        // Two workers that take turns.
        var order: [String] = []
        var underWay: [TaskRecord] = []
        for _ in crowd.tasks {
            if underWay.count == 2 {
                await world.execution().run(underWay.removeFirst())
            }
            let task = try await world.claim()
            order.append(try #require(crowd.teams[task.teamID]))
            underWay.append(task)
        }
        #expect(order.count == 64)
        #expect(Set(order.prefix(4)).count > 1)
        // While any other team waits, the crowd has one of the two workers at most.
        let last = try #require(order.lastIndex { $0 != "crowd" })
        for index in 1..<last { #expect(order[index - 1] != "crowd" || order[index] != "crowd", "\(order)") }
        #expect(order[..<last].count { $0 == "crowd" } <= last / 2 + 1)
    }
}
