// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import FerryClient

@Suite struct StallClockTests {
    private static func at(_ seconds: UInt64) -> NIODeadline { .uptimeNanoseconds(seconds * 1_000_000_000) }

    private static func clock() -> StallClock {
        var clock = StallClock(limit: .seconds(60))
        clock.requestBegan(at: at(100))
        return clock
    }

    @Test func `an answer that does not come is a stall`() {
        var clock = Self.clock()
        clock.requestEnded(at: Self.at(101))
        clock.readWanted(at: Self.at(101))
        #expect(clock.stall(at: Self.at(160), buffered: 0) == nil)
        #expect(clock.stall(at: Self.at(161), buffered: 0) != nil)
    }

    @Test func `an answer that does not come is a stall although nobody asked for it again`() {
        var clock = Self.clock()
        clock.requestEnded(at: Self.at(101))
        #expect(clock.stall(at: Self.at(161), buffered: 0) != nil)
    }

    @Test func `bytes that do not go out are a stall`() {
        var clock = Self.clock()
        #expect(clock.stall(at: Self.at(110), buffered: 5_000) == nil)
        #expect(clock.stall(at: Self.at(160), buffered: 5_000) == nil)
        #expect(clock.stall(at: Self.at(171), buffered: 5_000) != nil)
    }

    @Test func `bytes that go out slowly are none`() {
        var clock = Self.clock()
        for step in 0..<100 {
            #expect(clock.stall(at: Self.at(100 + UInt64(step) * 50), buffered: 10_000 - step) == nil)
        }
    }

    @Test func `a slow source is none`() {
        var clock = Self.clock()
        for step in 0..<10 { #expect(clock.stall(at: Self.at(100 + UInt64(step) * 1000), buffered: 0) == nil) }
    }

    @Test func `a slow consumer is none`() {
        var clock = Self.clock()
        clock.requestEnded(at: Self.at(101))
        clock.readWanted(at: Self.at(101))
        clock.received(at: Self.at(102))
        #expect(clock.stall(at: Self.at(100_000), buffered: 0) == nil)
        clock.readWanted(at: Self.at(100_001))
        #expect(clock.stall(at: Self.at(100_002), buffered: 0) == nil)
        #expect(clock.stall(at: Self.at(100_062), buffered: 0) != nil)
    }

    @Test func `an idle connection is none`() {
        var clock = Self.clock()
        clock.requestEnded(at: Self.at(101))
        clock.readWanted(at: Self.at(101))
        clock.received(at: Self.at(102))
        clock.answerEnded()
        clock.readWanted(at: Self.at(102))
        #expect(clock.stall(at: Self.at(100_000), buffered: 0) == nil)
    }
}
