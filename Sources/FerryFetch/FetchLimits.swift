// SPDX-License-Identifier: Apache-2.0

/// What a download of somebody else's file may cost.
public struct FetchLimits: Sendable, Hashable {
    /// Most bytes of a body. 10 GiB.
    public var maximumSize: Int64 = 10 << 30

    /// The defaults.
    public init() {}
}
