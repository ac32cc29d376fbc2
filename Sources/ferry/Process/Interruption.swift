// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Turns signals that ask for the end into cancellation.
///
/// The first one cancels the command, so that sockets close and temporary files go; a second one ends the process at
/// once, and so does the end of a grace period: a read of a pipe that nobody writes to cannot be cancelled. The exit code is that of the signal: 130 for SIGINT, 143 for SIGTERM, 129 for SIGHUP.
final class Interruption: Sendable {
    private struct State {
        var number: Int32?
        var cancel: (@Sendable () -> Void)?
        var sources: [any DispatchSourceSignal] = []
    }

    private let state = Mutex(State())
    /// How long a cancelled command may tidy up.
    private static let grace = DispatchTimeInterval.seconds(8)

    /// Exit code of the process if a signal has come; nil otherwise.
    var exitCode: Int32? { state.withLock { $0.number.map { 128 + $0 } } }

    /// What the first signal does. It does so at once if the signal came before.
    func cancels(_ cancel: @escaping @Sendable () -> Void) {
        let isDue = state.withLock { state in
            state.cancel = cancel
            return state.number != nil
        }
        if isDue { cancel() }
    }

    /// Takes the signals over from now on.
    func watch() {
        let queue = DispatchQueue(label: "ferry.signals")
        var numbers = [SIGINT, SIGTERM]
        // Under nohup the hang-up stays ignored.
        if !Self.isIgnored(SIGHUP) { numbers.append(SIGHUP) }
        state.withLock { state in
            for number in numbers {
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
                source.setEventHandler { self.received(number) }
                source.resume()
                state.sources.append(source)
            }
        }
    }

    private func received(_ number: Int32) {
        let (isFirst, cancel) = state.withLock { state in
            defer { state.number = state.number ?? number }
            return (state.number == nil, state.cancel)
        }
        guard isFirst else { _exit(128 + number) }
        DispatchQueue.global().asyncAfter(deadline: .now() + Self.grace) { _exit(128 + number) }
        cancel?()
    }

    private static func isIgnored(_ number: CInt) -> Bool {
        let previous = signal(number, SIG_IGN)
        signal(number, previous)
        return unsafeBitCast(previous, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}

/// A command that answers signals itself.
protocol AnswersSignals {}

extension ServeCommand: AnswersSignals {}
