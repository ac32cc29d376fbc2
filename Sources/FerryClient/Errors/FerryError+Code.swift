// SPDX-License-Identifier: Apache-2.0

extension FerryError {
    /// A kind of failure. More kinds may come with later versions.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The kind's stable name, in snake case.
        public let description: String

        private init(_ name: String) { description = name }

        /// Text that begins `data:` could not be read as a data URI.
        public static let invalidDataURI = Code("invalid_data_uri")
        /// The server made a record but gave no address for its bytes.
        public static let missingUploadURL = Code("missing_upload_url")
        /// The bytes were refused by the address they were sent to.
        public static let uploadFailed = Code("upload_failed")
        /// No such file, app, task, agent, chat or key on the server, or none that this key may see.
        public static let notFound = Code("not_found")
        /// The key is missing, wrong or revoked.
        public static let unauthorized = Code("unauthorized")
        /// The key may not do this.
        public static let forbidden = Code("forbidden")
        /// A value of the call is not acceptable.
        public static let invalidInput = Code("invalid_input")
        /// The call does not fit the record's state.
        public static let conflict = Code("conflict")
        /// The content is larger than the server takes.
        public static let tooLarge = Code("too_large")
        /// Too many calls.
        public static let rateLimited = Code("rate_limited")
        /// The server failed, or answered what makes no sense.
        public static let server = Code("server")
        /// The connection could not be made or was lost.
        public static let connection = Code("connection")
        /// A named time limit was reached.
        public static let timeout = Code("timeout")
        /// The host's name has no address.
        public static let dns = Code("dns")
        /// The server's certificate is not trusted, or the handshake failed.
        public static let tls = Code("tls")
        /// Bytes arrived that differ from those sent.
        public static let integrity = Code("integrity")
        /// A file changed while it was being transferred.
        public static let sourceChanged = Code("source_changed")
        /// There is no such local file.
        public static let localFileNotFound = Code("local_file_not_found")
        /// A local file could not be read or written.
        public static let localFile = Code("local_file")
        /// The local target exists and was not to be replaced.
        public static let alreadyExists = Code("already_exists")
        /// The task, or an agent's work, ended as failed or rejected.
        public static let taskFailed = Code("task_failed")
        /// The task, or an agent's work, was cancelled, not by this call.
        public static let taskCancelled = Code("task_cancelled")
        /// A named limit of this client was reached.
        public static let limitExceeded = Code("limit_exceeded")
        /// The caller's own `confirm` declined an automatic upload.
        public static let uploadDeclined = Code("upload_declined")
        /// The client was shut down.
        public static let closed = Code("closed")
    }
}
