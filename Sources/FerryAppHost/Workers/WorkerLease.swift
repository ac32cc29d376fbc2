// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import Synchronization

/// A worker and the folders of the task that has it.
final class WorkerLease: AppLease {
    private let job: AppJob
    private let worker: Worker
    private let folder: DiskWorkspace
    private let giveBack: @Sendable () async -> Void
    private let isReleased = Mutex(false)

    init(job: AppJob, worker: Worker, folder: DiskWorkspace, giveBack: @escaping @Sendable () async -> Void) {
        self.job = job
        self.worker = worker
        self.folder = folder
        self.giveBack = giveBack
    }

    var workspace: any TaskWorkspace { folder }

    func run(
        input: JSONValue, events: @escaping @Sendable (AppEvent) async -> Void
    ) async throws -> JSONValue {
        do {
            return try await worker.run(job, input: input, workspace: folder, events: events)
        } catch let failure as AppFailure where job.session != nil && !failure.wasBegun {
            // No other worker has what the session kept.
            throw SessionWorkers.lost
        }
    }

    func release() async {
        let isFirst = isReleased.withLock { isReleased in
            defer { isReleased = true }
            return !isReleased
        }
        guard isFirst else { return }
        if await !folder.isRemoved() {
            // What it left may be made anew as fast as it is removed.
            await worker.stop()
            await folder.remove()
        }
        await giveBack()
    }
}
