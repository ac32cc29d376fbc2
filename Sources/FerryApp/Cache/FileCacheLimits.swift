// SPDX-License-Identifier: Apache-2.0

/// What a ``FileCache`` may take, and what it believes for how long.
public struct FileCacheLimits: Sendable, Hashable {
    /// Bytes on the disk beyond which the files unused for longest are evicted. 20 GiB.
    public var maximumCacheSize: Int64 = 20 << 30
    /// Most bytes of one file. 10 GiB.
    public var maximumFileSize: Int64 = 10 << 30
    /// How long an answer is believed that says nothing of it, in seconds. 300.
    public var freshness: Int64 = 300
    /// Files used within so many seconds are not evicted to make room, so that a path outlives the value it came from
    /// for a while. 120.
    public var grace: Int64 = 120
    /// How often a download that failed for a passing reason is tried again. 2.
    public var retries: Int = 2
    /// The wait before the first of those tries; doubled for each next one. 500 ms.
    public var backoff: Duration = .milliseconds(500)

    /// The defaults.
    public init() {}
}
