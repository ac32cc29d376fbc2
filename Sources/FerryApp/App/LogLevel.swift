// SPDX-License-Identifier: Apache-2.0

/// How much a log line matters.
public enum LogLevel: String, Sendable, Hashable, CaseIterable {
    /// Of use to the app's author.
    case debug
    /// What happened.
    case info
    /// Odd, but the work goes on.
    case warning
    /// The work, or a part of it, failed.
    case error
}
