// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryTesting
import FerryWire
import NIOCore
import Testing

/// A suite that passes everything proves nothing: each driver here has one fault, which its suite must name.
@Suite("Conformance suites notice faults")
struct BrokenDriverTests {
    @Test("a store that loses the last byte")
    func lostByte() async throws {
        let failure = await #expect(throws: ConformanceFailure.self) {
            try await BlobStoreConformance { BrokenBlobStore(fault: .losesLastByte) }.run()
        }
        #expect(failure?.suite == "BlobStore")
        #expect(failure?.check.contains("come back") == true)
    }

    @Test("a store that shows bytes before the commit")
    func earlyBlob() async throws {
        let failure = await #expect(throws: ConformanceFailure.self) {
            try await BlobStoreConformance { BrokenBlobStore(fault: .commitsOnFinish) }.run()
        }
        #expect(failure?.check.contains("before anything is visible") == true)
    }

    @Test("an index that gives a file its bytes twice")
    func twoCompletions() async throws {
        let failure = await #expect(throws: ConformanceFailure.self) {
            try await FileIndexConformance { BrokenFileIndex(fault: .completesTwice) }.run()
        }
        #expect(failure?.check.contains("once") == true)
    }

    @Test("an index whose pages overlap among equal times")
    func overlappingPages() async throws {
        let failure = await #expect(throws: ConformanceFailure.self) {
            try await FileIndexConformance { BrokenFileIndex(fault: .ignoresIDsInPages) }.run()
        }
        #expect(failure?.check.contains("paging") == true)
    }

    @Test("an index that knows too many fields")
    func anyField() async throws {
        let failure = await #expect(throws: ConformanceFailure.self) {
            try await FileIndexConformance { BrokenFileIndex(fault: .dropsUnknownConditions) }.run()
        }
        #expect(failure?.check.contains("no sense") == true)
    }

    @Test("a queue that gives one task twice")
    func doubleClaim() async throws {
        let failure = await #expect(throws: ConformanceFailure.self) {
            try await TaskQueueConformance { BrokenTaskStore(fault: .claimsTwice) }.run()
        }
        #expect(failure?.suite == "TaskQueue")
    }

    @Test("a queue that gives a chat's task to who wants another")
    func mixedKinds() async throws {
        let failure = await #expect(throws: ConformanceFailure.self) {
            try await TaskQueueConformance { BrokenTaskStore(fault: .mixesKinds) }.run()
        }
        #expect(failure?.check.contains("apart") == true)
    }

    @Test("a queue that gives one team all")
    func noShares() async throws {
        let failure = await #expect(throws: ConformanceFailure.self) {
            try await TaskQueueConformance { BrokenTaskStore(fault: .ignoresShares) }.run()
        }
        #expect(failure?.check.contains("gets no more") == true)
    }

    @Test("a store whose tasks end twice")
    func twoEnds() async throws {
        let failure = await #expect(throws: ConformanceFailure.self) {
            try await TaskStoreConformance { BrokenTaskStore(fault: .endsTwice) }.run()
        }
        #expect(failure?.check.contains("never changes") == true)
    }

    @Test("a bus that piles up wake-ups")
    func piledUp() async throws {
        let failure = await #expect(throws: ConformanceFailure.self) {
            try await EventBusConformance { BrokenEventBus(mixesTopics: false) }.run()
        }
        #expect(failure?.check.contains("count as one") == true)
    }

    @Test("a bus that wakes the wrong ones")
    func mixedTopics() async throws {
        let failure = await #expect(throws: ConformanceFailure.self) {
            try await EventBusConformance { BrokenEventBus(mixesTopics: true) }.run()
        }
        #expect(failure?.suite == "EventBus")
    }

    @Test("stores that make a team or a secret anew each time")
    func anewEachTime() async throws {
        let team = await #expect(throws: ConformanceFailure.self) {
            try await AccessStoreConformance { ForgetfulAccessStore() }.run()
        }
        #expect(team?.check.contains("once") == true)
        let secret = await #expect(throws: ConformanceFailure.self) {
            try await SecretStoreConformance { ForgetfulSecretStore() }.run()
        }
        #expect(secret?.check.contains("stays") == true)
    }
}
