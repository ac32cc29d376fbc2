// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Origins that workers are told to trust. They are known only once the server listens.
final class TrustedOrigins: Sendable {
    private let origins = Mutex<[String]>([])

    var all: [String] { origins.withLock { $0 } }

    func add(_ origin: String) {
        origins.withLock { origins in
            if !origins.contains(where: { $0.utf8.elementsEqual(origin.utf8) }) { origins.append(origin) }
        }
    }
}
