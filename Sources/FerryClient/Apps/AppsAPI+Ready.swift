// SPDX-License-Identifier: Apache-2.0

package import FerryWire

extension AppsAPI {
    /// The app once it can be run, in the version that is named, else in the newest; nil if there is none.
    ///
    /// A server answers only when an app is made ready, and that may take longer than one call lasts: then it is asked
    /// again, until the time is over. What is learnt serves runs that follow.
    ///
    /// - Parameters:
    ///   - reference: `namespace/name[@version]`, or a bare name; a function in it is left aside.
    ///   - limit: how long to wait altogether.
    /// - Throws: ``FerryError`` (`timeout` once the time is over, and what concerns the connection or the app) and
    ///   `CancellationError`.
    package func ready(_ reference: String, within limit: Duration) async throws -> AppDTO? {
        let parsed = try Self.parsed(reference)
        let deadline = ContinuousClock.now + limit
        while true {
            do {
                return try await transport.schemas.app(parsed, now: transport.configuration.now) {
                    try await described(parsed)
                }
            } catch let error as FerryError where error.isUnanswered && ContinuousClock.now < deadline {
                try Task.checkCancellation()
            }
        }
    }
}

extension FerryError {
    /// Whether the server got the call, and has not answered in time.
    fileprivate var isUnanswered: Bool { code == .timeout && status == nil && !wasNeverSent }
}
