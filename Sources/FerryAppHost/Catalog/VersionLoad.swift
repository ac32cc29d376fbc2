// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import Synchronization

/// One version of an app on its way to being described.
struct VersionLoad: Sendable {
    /// The version's folder.
    let path: String
    let work: SharedWork<CatalogEntry>
    /// Raised while its environment is made, which can take minutes.
    let progress: LoadProgress

    /// The entry, if all went well.
    var entry: CatalogEntry? { if case .success(let entry)? = work.result { entry } else { nil } }

    /// Whether it failed, and so long ago that it is worth another try.
    func isStale(after time: Duration) -> Bool {
        guard case .failure? = work.result, let failed = progress.failed else { return false }
        return ContinuousClock.now - failed >= time
    }
}

/// How far a load is.
final class LoadProgress: Sendable {
    private struct State {
        var isBuilding = false
        var failed: ContinuousClock.Instant?
    }

    private let state = Mutex(State())

    var isBuilding: Bool { state.withLock { $0.isBuilding } }
    var failed: ContinuousClock.Instant? { state.withLock { $0.failed } }

    func building(_ isBuilding: Bool) { state.withLock { $0.isBuilding = isBuilding } }
    func fail() { state.withLock { $0.failed = .now } }
}
