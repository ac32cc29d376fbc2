// SPDX-License-Identifier: Apache-2.0

/// A failure that a command found itself, outside the SDK.
struct CommandFailure: Error, CustomStringConvertible {
    /// What kind of failure, and with that the exit code.
    enum Kind: String, Sendable {
        /// Anything else: exit code 1.
        case other = "failed"
        /// The command line makes no sense: exit code 2.
        case usage
        /// No such local file: exit code 4.
        case localFileNotFound = "local_file_not_found"
        /// Not worth another try: exit code 6.
        case refused
        /// A file changed while it was being uploaded: exit code 5.
        case sourceChanged = "source_changed"
        /// More than a limit of this program: exit code 6.
        case limitExceeded = "limit_exceeded"
        /// A file is there and was not to be replaced: exit code 6.
        case alreadyExists = "already_exists"
    }

    /// What kind of failure.
    let kind: Kind
    /// What happened and the remedy, without a secret.
    let description: String

    /// A failure.
    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
