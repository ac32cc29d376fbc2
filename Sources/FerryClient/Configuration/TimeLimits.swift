// SPDX-License-Identifier: Apache-2.0

/// How long things may take, by stage.
public struct TimeLimits: Sendable, Hashable {
    /// Name resolution, connection and TLS handshake together; 10 s unless told.
    public var connect: Duration
    /// Time without a byte in either direction while the network is waited for; 60 s unless told.
    ///
    /// Time in which the client waits for its own caller, a slow source or a slow consumer, does not count.
    public var idle: Duration
    /// One try of an API call, from connection to the end of its answer; 60 s unless told. Streams of task updates
    /// are not API calls in this sense.
    public var call: Duration
    /// Time without a line on the stream of a chat, heartbeats included, after which it is opened again; 45 s unless
    /// told.
    public var streamSilence: Duration
    /// A whole upload or download, retries included; nil, the default, for no limit.
    public var transfer: Duration?
    /// Best-effort work after a failure, such as deleting a record whose upload failed; 5 s unless told.
    public var cleanup: Duration
    /// The server's work on an app that was deployed, whose environment may have to be made; 20 min unless told.
    public var deployment: Duration

    /// Limits; see the properties for the defaults.
    public init(
        connect: Duration = .seconds(10), idle: Duration = .seconds(60), call: Duration = .seconds(60),
        transfer: Duration? = nil, cleanup: Duration = .seconds(5), deployment: Duration = .seconds(20 * 60),
        streamSilence: Duration = .seconds(45)
    ) {
        self.connect = connect
        self.idle = idle
        self.call = call
        self.transfer = transfer
        self.cleanup = cleanup
        self.deployment = deployment
        self.streamSilence = streamSilence
    }
}
