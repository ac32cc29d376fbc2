// SPDX-License-Identifier: Apache-2.0

import Crypto

/// The `FERRY_SECRET_*` variables, which an embedded server takes over from the command that starts it.
enum AppSecrets {
    static let prefix = "FERRY_SECRET_"

    /// What tells one set of variables from another, and nothing of their values without the key; nil for none.
    static func mark(of environment: [String: String], key: String) -> String? {
        let secrets = environment.filter { $0.key.hasPrefix(prefix) }.sorted { $0.key < $1.key }
        guard !secrets.isEmpty else { return nil }
        var code = HMAC<SHA256>(key: SymmetricKey(data: Array(key.utf8)))
        for (name, value) in secrets { code.update(data: Array("\(name)=\(value)\0".utf8)) }
        return code.finalize().map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0\(digits)" : digits
        }.joined()
    }
}
