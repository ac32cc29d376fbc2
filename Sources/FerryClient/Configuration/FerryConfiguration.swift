// SPDX-License-Identifier: Apache-2.0

package import FerryWire
public import Logging

/// Everything a ``Ferry`` can be told.
public struct FerryConfiguration: Sendable {
    /// The address used when none is given.
    public static let defaultBaseURL = "https://api.inference.sh"

    /// The API key; nil for calls that need none. Sent to the origin of ``baseURL`` and nowhere else.
    public var apiKey: APIKey?
    /// Where the API is, with or without a path such as `/v1` and a trailing slash.
    public var baseURL: String
    /// How long things may take.
    public var timeouts: TimeLimits
    /// How much at once.
    public var limits: TransferLimits
    /// When failed requests are sent again.
    public var retry: RetryPolicy
    /// Which proxies are used; none unless told.
    public var proxies: ProxySettings
    /// A PEM file of certificate authorities trusted beside the system's.
    public var caFile: String?
    /// A PEM file of certificate authorities trusted instead of the system's, as `SSL_CERT_FILE` names one.
    public var systemCAFile: String?
    /// The user's home folder, for paths that begin `~/` in task input; nil to take such paths as text.
    public var homeFolder: String?
    /// Where retries and the like are told of, without any secret. Silent unless told.
    public var logger: Logger

    /// The wait between tries; replaced by tests.
    package var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    /// A number in `0..<1`; replaced by tests.
    package var random: @Sendable () -> Double = { Double.random(in: 0..<1) }
    /// The time of day; replaced by tests.
    package var now: @Sendable () -> Timestamp = { SystemTime.now() }

    /// A configuration that looks at nothing outside its parameters.
    public init(
        apiKey: APIKey? = nil, baseURL: String = FerryConfiguration.defaultBaseURL,
        timeouts: TimeLimits = TimeLimits(), limits: TransferLimits = TransferLimits(),
        retry: RetryPolicy = RetryPolicy(), proxies: ProxySettings = .none, caFile: String? = nil,
        systemCAFile: String? = nil, homeFolder: String? = nil, logger: Logger? = nil
    ) {
        self.apiKey = apiKey
        self.baseURL = baseURL
        self.timeouts = timeouts
        self.limits = limits
        self.retry = retry
        self.proxies = proxies
        self.caFile = caFile
        self.systemCAFile = systemCAFile
        self.homeFolder = homeFolder
        self.logger = logger ?? Logger(label: "ferry", factory: { _ in SwiftLogNoOpLogHandler() })
    }
}
