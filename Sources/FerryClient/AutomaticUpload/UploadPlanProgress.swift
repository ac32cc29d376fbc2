// SPDX-License-Identifier: Apache-2.0

public import FerryWire
import Synchronization

/// How far automatic upload is.
public struct UploadPlanProgress: Sendable, Hashable {
    /// The first place in the input of the file that moved.
    public var pointer: JSONPointer
    /// How far that file is.
    public var file: TransferProgress
    /// Files that are uploaded.
    public var finishedFiles: Int
    /// Files in all; equal ones count once.
    public var files: Int
    /// Bytes of all files under way or done.
    public var sent: Int64
    /// Bytes of all files; nil while one's size is not known.
    public var total: Int64?
}

/// Called with each step of automatic upload, one call at a time; should return at once.
public typealias UploadPlanProgressHandler = @Sendable (UploadPlanProgress) -> Void

/// Adds up the steps of uploads that run side by side.
final class UploadPlanTally: Sendable {
    private struct State {
        var sent: [Int64]
        var totals: [Int64?]
        var finished = 0
    }

    private let state: Mutex<State>
    private let handler: UploadPlanProgressHandler

    /// A tally of files of these sizes.
    init(sizes: [Int64?], handler: @escaping UploadPlanProgressHandler) {
        state = Mutex(State(sent: sizes.map { _ in 0 }, totals: sizes))
        self.handler = handler
    }

    /// Takes a file's step, and tells of it. The handler is called within the lock, so that calls stay in order.
    func report(_ index: Int, _ pointer: JSONPointer, _ step: TransferProgress) {
        state.withLock { state in
            state.sent[index] = step.sent
            if let total = step.total { state.totals[index] = total }
            tell(state, pointer, step)
        }
    }

    /// Takes a file's end.
    func finish(_ index: Int, _ pointer: JSONPointer, size: Int64) {
        state.withLock { state in
            state.finished += 1
            state.sent[index] = size
            state.totals[index] = size
            tell(state, pointer, TransferProgress(sent: size, acknowledged: size, total: size))
        }
    }

    private func tell(_ state: State, _ pointer: JSONPointer, _ step: TransferProgress) {
        let isKnown = state.totals.allSatisfy { $0 != nil }
        handler(
            UploadPlanProgress(
                pointer: pointer, file: step, finishedFiles: state.finished, files: state.sent.count,
                sent: state.sent.reduce(0, +), total: isKnown ? state.totals.reduce(0) { $0 + ($1 ?? 0) } : nil))
    }
}
