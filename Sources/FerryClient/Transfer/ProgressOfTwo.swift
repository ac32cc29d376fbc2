// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The progress of a download, of which one task receives and another stores.
final class ProgressOfTwo: Sendable {
    private let handler: ProgressHandler?
    private let state = Mutex(TransferProgress(sent: 0, acknowledged: 0, total: nil))

    /// Tells that handler, if there is one.
    init(_ handler: ProgressHandler?) { self.handler = handler }

    /// So much has been received.
    func received(_ count: Int64, of total: Int64?) {
        update {
            $0.sent = count
            $0.total = total
        }
    }

    /// So much has been stored.
    func stored(_ count: Int64) { update { $0.acknowledged = count } }

    private func update(_ change: (inout TransferProgress) -> Void) {
        guard let handler else { return }
        // Inside the lock, so that the steps arrive in order; the handler is to return at once.
        state.withLock { state in
            change(&state)
            handler(state)
        }
    }
}
