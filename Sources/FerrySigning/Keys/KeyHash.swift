// SPDX-License-Identifier: Apache-2.0

import Crypto

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// How API keys are stored: as a keyed hash, useless without the server's pepper.
package enum KeyHash {
    /// HMAC-SHA-256 of the key under the pepper, lower-case hexadecimal.
    package static func hash(key: String, pepper: [UInt8]) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: Array(key.utf8), using: SymmetricKey(data: pepper))
        return Hexadecimal.encode(Array(code))
    }
}
