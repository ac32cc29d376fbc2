// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Logging
import NIOHTTP1
import Testing

@testable import FerryClient

@Suite struct RetryPolicyTests {
    @Test func `the bound of a wait doubles up to the cap`() {
        let policy = RetryPolicy()
        let waits = (1...8).map { policy.delay(afterAttempt: $0, hint: nil, random: 1) }
        #expect(
            waits == [
                .milliseconds(500), .seconds(1), .seconds(2), .seconds(4), .seconds(8), .seconds(16),
                .seconds(20), .seconds(20),
            ])
    }

    @Test func `a wait is any part of its bound`() {
        let policy = RetryPolicy()
        #expect(policy.delay(afterAttempt: 3, hint: nil, random: 0) == .zero)
        #expect(policy.delay(afterAttempt: 3, hint: nil, random: 0.25) == .milliseconds(500))
    }

    @Test func `a hint is followed up to its cap and not jittered`() {
        let policy = RetryPolicy()
        #expect(policy.delay(afterAttempt: 1, hint: .seconds(7), random: 0.1) == .seconds(7))
        #expect(policy.delay(afterAttempt: 1, hint: .seconds(1_000_000_000), random: 0.1) == .seconds(60))
        #expect(policy.delay(afterAttempt: 1, hint: .zero, random: 0.9) == .zero)
    }

    @Test func `waits stay finite for any number of attempts`() {
        #expect(RetryPolicy().delay(afterAttempt: 1_000_000, hint: nil, random: 1) == .seconds(20))
    }

    @Test(arguments: [
        ("7", Duration.seconds(7)), ("0", .zero), ("1000000000", .seconds(1_000_000_000)),
        ("Sun, 22 Nov 2026 15:04:15 GMT", .seconds(10)),
    ])
    func `Retry-After is read as seconds and as a date`(text: String, expected: Duration) throws {
        let now = try #require(Timestamp(rfc3339: "2026-11-22T15:04:05Z"))
        #expect(RetryAfter.hint(in: ["retry-after": text], now: now) == expected)
    }

    @Test(arguments: ["-1", "+5", "", "soon", "1.5", "Sun, 22 Nov 2026 15:03:05 GMT", "22 Nov 2026", "0x10", " 5"])
    func `a negative or garbled Retry-After counts as none`(text: String) throws {
        let now = try #require(Timestamp(rfc3339: "2026-11-22T15:04:05Z"))
        #expect(RetryAfter.hint(in: ["retry-after": text], now: now) == nil)
    }

    @Test func `milliseconds win over seconds`() {
        let headers: HTTPHeaders = ["retry-after": "7", "retry-after-ms": "250"]
        #expect(RetryAfter.hint(in: headers, now: Timestamp(seconds: 0)) == .milliseconds(250))
    }

    private func retrier(_ policy: RetryPolicy, _ waits: Waits) -> Retrier {
        var configuration = testConfiguration("http://127.0.0.1", waits: waits)
        configuration.retry = policy
        return Retrier(configuration)
    }

    private static let transient = FerryError(.server, "503", status: 503, isRetryable: true)

    @Test func `a failing operation is tried four times and its error thrown`() async {
        let waits = Waits()
        var tries = 0
        let error = await ferryError {
            try await retrier(RetryPolicy(), waits).run(safety: .repeatable) { _ in
                tries += 1
                throw Self.transient
            }
        }
        #expect(tries == 4)
        #expect(waits.all.count == 3)
        #expect(error?.status == 503)
    }

    @Test func `the budget stops retries and a success returns what its retry took`() async throws {
        let waits = Waits()
        let retrier = retrier(RetryPolicy(maximumAttempts: 100, budget: 12), waits)
        _ = await ferryError { try await retrier.run(safety: .repeatable) { _ in throw Self.transient } }
        #expect(waits.all.count == 2)
        #expect(retrier.budget.available == 2)
        try await retrier.run(safety: .repeatable) { _ in }
        #expect(retrier.budget.available == 3)
    }

    @Test func `a retry that succeeds gives its cost back`() async throws {
        let retrier = retrier(RetryPolicy(), Waits())
        try await retrier.run(safety: .repeatable) { attempt in
            if attempt == 1 { throw FerryError(.connection, "lost", isRetryable: true) }
        }
        #expect(retrier.budget.available == 500)
    }

    @Test func `a request that is not safe to repeat goes again only if it was never sent or throttled`() {
        let retrier = retrier(RetryPolicy(), Waits())
        let lost = FerryError(.connection, "lost", isRetryable: true)
        var unsent = lost
        unsent.wasNeverSent = true
        let broken = FerryError(.server, "502", status: 502, isRetryable: true)
        #expect(retrier.decide(after: lost, attempt: 1, safety: .onlyIfUnsent) == nil)
        #expect(retrier.decide(after: broken, attempt: 1, safety: .onlyIfUnsent) == nil)
        #expect(retrier.decide(after: unsent, attempt: 1, safety: .onlyIfUnsent) != nil)
        #expect(retrier.decide(after: Self.transient, attempt: 1, safety: .onlyIfUnsent) != nil)
        #expect(retrier.decide(after: lost, attempt: 1, safety: .repeatable) != nil)
        #expect(retrier.decide(after: lost, attempt: 1, safety: .never) == nil)
    }

    @Test func `an error that is not worth another try is thrown at once`() async {
        let waits = Waits()
        let error = await ferryError {
            try await retrier(RetryPolicy(), waits).run(safety: .repeatable) { _ in
                throw FerryError(.tls, "certificate")
            }
        }
        #expect(error?.code == .tls)
        #expect(waits.all.isEmpty)
    }

    @Test func `cancellation ends the wait`() async {
        var configuration = testConfiguration("http://127.0.0.1")
        configuration.sleep = { _ in try await Task.sleep(for: .seconds(3600)) }
        let retrier = Retrier(configuration)
        let task = Task { try await retrier.run(safety: .repeatable) { _ in throw Self.transient } }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}
