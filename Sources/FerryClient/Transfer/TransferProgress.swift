// SPDX-License-Identifier: Apache-2.0

/// How far a transfer is.
public struct TransferProgress: Sendable, Hashable {
    /// Bytes under way: of an upload, handed to the network in this try; of a download, received.
    public var sent: Int64
    /// Bytes that are safe: of an upload, confirmed by the server; of a download, written to the file.
    public var acknowledged: Int64
    /// Size of the whole; nil if not known.
    public var total: Int64?

    /// A state of these values.
    public init(sent: Int64, acknowledged: Int64, total: Int64?) {
        self.sent = sent
        self.acknowledged = acknowledged
        self.total = total
    }

    /// The part that is under way or done, `0...1`; 0 while the size is not known and nothing is acknowledged.
    public var fraction: Double {
        guard let total else { return acknowledged > 0 && acknowledged == sent ? 1 : 0 }
        return total == 0 ? (acknowledged == sent ? 1 : 0) : min(1, Double(sent) / Double(total))
    }
}

/// Called with each step of a transfer, in order, from one task at a time; should return at once.
public typealias ProgressHandler = @Sendable (TransferProgress) -> Void
