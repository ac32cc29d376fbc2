// SPDX-License-Identifier: Apache-2.0

/// Bytes nobody can guess.
package enum RandomBytes {
    /// That many bytes from the system's cryptographic source.
    package static func make(count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }
}
