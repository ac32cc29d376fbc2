// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Foundation
import NIOPosix
import Testing

@testable import FerryFetch

@Suite(.timeLimit(.minutes(1)))
struct ResolverTests {
    /// Lets nobody through before it is opened, and blocks the threads of those who wait.
    private final class Gate: Sendable {
        private let semaphore = DispatchSemaphore(value: 0)

        func pass() {
            semaphore.wait()
            semaphore.signal()
        }

        func open() { semaphore.signal() }
    }

    @Test func `names that are slow to resolve hold up no file, and too many of them are refused`() async throws {
        let gate = Gate()
        let answer = try #require(IPAddress("192.0.2.1"))
        let threads = LookupThreads(count: SystemResolver.threadCount, maximumLookups: SystemResolver.maximumSearches)
        let resolver = SystemResolver(threads: threads) { _ in
            gate.pass()
            return [answer]
        }
        try await withThrowingTaskGroup(of: [IPAddress].self) { group in
            for _ in 0..<SystemResolver.maximumSearches {
                group.addTask { try await resolver.addresses(of: "slow.example") }
            }
            while threads.lookups < SystemResolver.maximumSearches { await Task.yield() }
            // What the disk is read by is free.
            #expect(try await NIOThreadPool.singleton.runIfActive { 7 } == 7)
            do {
                _ = try await GuardedFetcher(resolver: resolver).get("http://another.example/")
                Issue.record("there was room for one more")
            } catch {
                let error = try #require(error as? FetchError)
                #expect(error.code == .unreachable)
                #expect(error.isRetryable)
                #expect(error.message.contains("\(SystemResolver.maximumSearches) names are being resolved"))
            }
            gate.open()
            for try await found in group { #expect(found == [answer]) }
        }
        #expect(threads.lookups == 0)
        #expect(try await resolver.addresses(of: "slow.example") == [answer])
    }

    @Test func `the system finds this machine, and nothing for a name that is none`() async throws {
        let found = try await SystemResolver().addresses(of: "localhost").map(\.description)
        #expect(found.contains("127.0.0.1") || found.contains("::1"))
        #expect(Set(found).count == found.count)
        #expect(try await SystemResolver().addresses(of: "").isEmpty)
    }
}
