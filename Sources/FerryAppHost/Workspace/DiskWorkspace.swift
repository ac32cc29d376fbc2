// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryWire
import NIOPosix
import Synchronization

/// Folders of one task on the disk: `in` for its files, `out` for what the app makes, `tmp` for the rest.
///
/// The folders stay open, so that an app that puts a link in their place changes nothing for us.
final class DiskWorkspace: TaskWorkspace {
    static let inputName = "in"
    static let outputName = "out"
    static let temporaryName = "tmp"

    /// The folder's absolute path, without links; the app's working directory.
    let path: String
    let input: Descriptor
    let output: Descriptor
    let threadPool: NIOThreadPool
    private let root: Descriptor
    private let name: String
    private let placed = Mutex(0)

    init(
        root: Descriptor, name: String, path: String, input: Descriptor, output: Descriptor,
        threadPool: NIOThreadPool
    ) {
        self.root = root
        self.name = name
        self.path = path
        self.input = input
        self.output = output
        self.threadPool = threadPool
    }

    /// Where the app puts files.
    var outputPath: String { "\(path)/\(Self.outputName)" }
    /// Where the app puts what nobody shall have.
    var temporaryPath: String { "\(path)/\(Self.temporaryName)" }

    /// A number that no other placed file has.
    func nextNumber() -> Int {
        placed.withLock { count in
            count += 1
            return count
        }
    }

    /// Removes the folders, also when the calling task is cancelled. What cannot be removed is left to the next start.
    func remove() async {
        await withCheckedContinuation { continuation in
            threadPool.submit { state in
                if state == .active { _ = TreeRemoval.remove(self.name, in: self.root) }
                continuation.resume()
            }
        }
    }
}
