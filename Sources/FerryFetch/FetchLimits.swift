// SPDX-License-Identifier: Apache-2.0

/// What a download of somebody else's file may cost.
public struct FetchLimits: Sendable, Hashable {
    /// Most bytes of a body. 10 GiB.
    public var maximumSize: Int64 = 10 << 30
    /// Most redirects on the way. 5.
    public var maximumRedirects = 5
    /// How long a name may take to be resolved. 5 s.
    public var resolveTime: Duration = .seconds(5)
    /// How long a connection may take to be made, TLS included. 10 s.
    public var connectTime: Duration = .seconds(10)
    /// How long the other side may be silent while it is waited for. 30 s. Until the head of its answer has come,
    /// ``connectTime`` and this together.
    public var idleTime: Duration = .seconds(30)
    /// How long the whole download may take. 1 h.
    public var totalTime: Duration = .seconds(3600)
    /// Least bytes in a second, measured over ``rateWindow`` of waiting for them. 1 KiB.
    public var minimumRate: Int64 = 1 << 10
    /// Over what time of waiting ``minimumRate`` is measured. 20 s.
    public var rateWindow: Duration = .seconds(20)
    /// How long a message that is sent (a webhook) may take until the head of its answer has come, the connection
    /// included and ``resolveTime`` not. 15 s.
    public var postTime: Duration = .seconds(15)

    /// The defaults.
    public init() {}
}
