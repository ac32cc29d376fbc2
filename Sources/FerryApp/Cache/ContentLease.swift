// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A right to stored bytes: while it lives, no process evicts them.
///
/// Whoever asks in one process for the same bytes shares it, so that a file takes one descriptor however often it is
/// held.
final class ContentLease: Sendable {
    private struct Identity: Hashable {
        var device: UInt64
        var number: UInt64
    }

    private struct Entry {
        /// Tells this lease from the next on the same file.
        var serial: UInt64
        weak var lease: ContentLease?
    }

    private struct Living {
        var entries: [Identity: Entry] = [:]
        var serial: UInt64 = 0
    }

    private static let living = Mutex(Living())

    private let lock: CacheLock
    private let identity: Identity
    private let serial: UInt64

    private init(_ lock: CacheLock, _ identity: Identity, _ serial: UInt64) {
        self.lock = lock
        self.identity = identity
        self.serial = serial
    }

    deinit {
        // Nothing may be let go of in here: the end of another lease would wait for this one's mutex.
        Self.living.withLock { living in
            if living.entries[identity]?.serial == serial { living.entries[identity] = nil }
        }
    }

    /// The open file, for reading.
    var descriptor: CInt { lock.descriptor }

    /// The lease on a file that is open and locked: the one that lives already, or else a new one that keeps the lock.
    static func on(_ lock: CacheLock, _ facts: FileFacts) -> ContentLease {
        let identity = Identity(device: facts.device, number: facts.number)
        return living.withLock { living in
            if let lease = living.entries[identity]?.lease { return lease }
            living.serial += 1
            let lease = ContentLease(lock, identity, living.serial)
            living.entries[identity] = Entry(serial: living.serial, lease: lease)
            return lease
        }
    }
}
