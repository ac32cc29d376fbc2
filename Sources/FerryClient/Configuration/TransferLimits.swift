// SPDX-License-Identifier: Apache-2.0

/// How much at once.
public struct TransferLimits: Sendable, Hashable {
    /// Transfers of one client that run at the same time; more wait in order. 16 unless told.
    public var maximumConcurrentTransfers: Int
    /// API calls of one client that run at the same time; more wait in order. 32 unless told.
    public var maximumConcurrentCalls: Int
    /// Bytes read from or written to a file at once; 1 MiB unless told. At most four such chunks are in memory for
    /// each transfer.
    public var chunkSize: Int
    /// Most bytes of an API answer; 16 MiB unless told.
    public var maximumAnswerSize: Int
    /// Most bytes a data URI or base64 text may decode to, checked before anything is decoded or
    /// sent; 1 GiB unless told.
    public var maximumInlineSize: Int
    /// Most redirects a download follows; 5 unless told.
    public var maximumRedirects: Int
    /// Uploads that automatic upload, and an upload of several paths, run at the same time; 4 unless told.
    public var automaticUploads: Int

    /// Limits; see the properties for the defaults. Values below one count as one.
    public init(
        maximumConcurrentTransfers: Int = 16, maximumConcurrentCalls: Int = 32, chunkSize: Int = 1 << 20,
        maximumAnswerSize: Int = 16 << 20, maximumInlineSize: Int = 1 << 30, maximumRedirects: Int = 5,
        automaticUploads: Int = 4
    ) {
        self.maximumConcurrentTransfers = max(1, maximumConcurrentTransfers)
        self.maximumConcurrentCalls = max(1, maximumConcurrentCalls)
        self.chunkSize = max(1, chunkSize)
        self.maximumAnswerSize = max(1, maximumAnswerSize)
        self.maximumInlineSize = max(1, maximumInlineSize)
        self.maximumRedirects = max(0, maximumRedirects)
        self.automaticUploads = max(1, automaticUploads)
    }
}
