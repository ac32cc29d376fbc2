// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import NIOPosix
import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Folders of one task on the disk: `in` for its files, `out` for what the app makes, `tmp` for the rest.
///
/// The folders stay open, so that an app that puts a link in their place changes nothing for us.
final class DiskWorkspace: TaskWorkspace {
    static let inputName = "in"
    static let outputName = "out"
    static let temporaryName = "tmp"

    /// The worker that the task runs on.
    let worker: WorkerFolder
    /// The folder's absolute path, without links.
    let path: String
    /// Its name among the tasks of the worker.
    let name: String
    let input: Descriptor
    let output: Descriptor
    let temporary: Descriptor
    /// When it was made, by the clock that files are dated by. Output files outside of the worker's folder are newer.
    let start: timespec
    var threadPool: NIOThreadPool { worker.threadPool }
    private let tasks: Descriptor
    private let placed = Mutex(0)

    /// Makes the folders; blocks.
    init(worker: WorkerFolder, tasks: Descriptor, name: String) throws(SystemFailure) {
        self.worker = worker
        self.tasks = tasks
        self.name = name
        path = "\(worker.path)/tasks/\(name)"
        let folder = try tasks.makeFolder(name)
        input = try folder.makeFolder(Self.inputName, for: worker.user)
        output = try folder.makeFolder(Self.outputName, for: worker.user)
        temporary = try folder.makeFolder(Self.temporaryName, for: worker.user)
        try folder.give(to: worker.user)
        var now = timespec()
        #if os(Linux)
        clock_gettime(CLOCK_REALTIME_COARSE, &now)
        #else
        clock_gettime(CLOCK_REALTIME, &now)
        #endif
        start = now
    }

    /// Where the app puts files.
    var outputPath: String { "\(path)/\(Self.outputName)" }

    /// A number that no other placed file has.
    func nextNumber() -> Int {
        placed.withLock { count in
            count += 1
            return count
        }
    }

    /// Removes the folders, also when the calling task is cancelled. What cannot be removed is left to the next start.
    func remove() async { _ = await isRemoved() }

    /// Removes the folders; false if something could not be removed, or not in time.
    func isRemoved() async -> Bool {
        await withCheckedContinuation { continuation in
            threadPool.submit { [self] state in
                guard state == .active else { return continuation.resume(returning: false) }
                let deadline = ContinuousClock.now + worker.removalTime
                continuation.resume(returning: TreeRemoval.remove(name, in: tasks, until: deadline))
            }
        }
    }
}
