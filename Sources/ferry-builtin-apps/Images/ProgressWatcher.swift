// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Hears from the image library how far it is, and tells it when to stop.
final class ProgressWatcher: Sendable {
    private let flag: StopFlag
    private let progress: @Sendable (Double) -> Void
    private let last = Mutex<Int32>(-1)

    init(flag: StopFlag, progress: @escaping @Sendable (Double) -> Void) {
        self.flag = flag
        self.progress = progress
    }

    /// Reports a percentage once; true when the work is to stop.
    func shouldStop(at percent: Int32) -> Bool {
        let isNew = last.withLock { last in
            guard percent > last else { return false }
            last = percent
            return true
        }
        if isNew { progress(Double(percent) / 100) }
        return flag.isRaised
    }
}
