// SPDX-License-Identifier: Apache-2.0

/// A driver does not do what its port promises.
public struct ConformanceFailure: Error, Sendable, CustomStringConvertible {
    /// The suite, such as `BlobStore`.
    public let suite: String
    /// The check, as a sentence.
    public let check: String
    /// What was found.
    public let message: String

    init(suite: String, check: String, message: String) {
        self.suite = suite
        self.check = check
        self.message = message
    }

    public var description: String { "\(suite): \(check): \(message)" }
}
