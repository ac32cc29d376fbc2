// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import FerryServerHTTP

struct ReceiveClockTests {
    private let limits = ConnectionLimits()

    private func seconds(_ time: Int64) -> NIODeadline { .uptimeNanoseconds(UInt64(time) * 1_000_000_000) }

    @Test func `a head has ten seconds from its first byte`() {
        var clock = ReceiveClock(limits: limits)
        clock.readBegan(at: seconds(0))
        #expect(clock.verdict(at: seconds(9)) == .fine(again: .seconds(1)))
        // It came; later another begins.
        clock.readEnded(phase: .idle, content: 0, isNew: true, at: seconds(9))
        clock.readBegan(at: seconds(9))
        #expect(clock.verdict(at: seconds(60)) == .fine(again: nil))
        clock.readEnded(phase: .head, content: 0, isNew: false, at: seconds(60))
        for second in Int64(60)..<70 {
            clock.readBegan(at: seconds(second))
            #expect(clock.verdict(at: seconds(second)) != .slowHead)
            clock.readEnded(phase: .head, content: 0, isNew: false, at: seconds(second + 1))
        }
        #expect(clock.verdict(at: seconds(70)) == .slowHead)
    }

    @Test(arguments: [(1, true), (1023, true), (1025, false), (1_000_000, false)] as [(Int64, Bool)])
    func `a body has a least rate`(rate: Int64, isSlow: Bool) {
        var clock = ReceiveClock(limits: limits)
        clock.readEnded(phase: .body, content: 0, isNew: false, at: seconds(0))
        for second in Int64(0)..<20 {
            #expect(clock.verdict(at: seconds(second)) != .slowBody)
            clock.readBegan(at: seconds(second))
            clock.readEnded(phase: .body, content: rate, isNew: false, at: seconds(second + 1))
        }
        #expect((clock.verdict(at: seconds(20)) == .slowBody) == isSlow)
    }

    @Test func `time in which the server takes nothing does not count`() {
        var clock = ReceiveClock(limits: limits)
        clock.readEnded(phase: .body, content: 0, isNew: false, at: seconds(0))
        clock.readBegan(at: seconds(0))
        clock.readEnded(phase: .body, content: 10, isNew: false, at: seconds(1))
        #expect(clock.verdict(at: seconds(1000)) == .fine(again: .seconds(19)))
        clock.readBegan(at: seconds(1000))
        #expect(clock.verdict(at: seconds(1019)) == .slowBody)
    }

    @Test func `a fast beginning buys no slow rest`() {
        var clock = ReceiveClock(limits: limits)
        clock.readEnded(phase: .body, content: 0, isNew: false, at: seconds(0))
        clock.readBegan(at: seconds(0))
        clock.readEnded(phase: .body, content: 1 << 30, isNew: false, at: seconds(1))
        clock.readBegan(at: seconds(1))
        #expect(clock.verdict(at: seconds(20)) == .fine(again: .seconds(20)))
        #expect(clock.verdict(at: seconds(40)) == .slowBody)
    }
}
