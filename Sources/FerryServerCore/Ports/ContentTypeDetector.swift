// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// Tells the media type of bytes by looking at them.
public protocol ContentTypeDetector: Sendable {
    /// The media type of a file that begins with these bytes, or is these bytes; nil if they tell nothing.
    ///
    /// - Parameter head: at most ``ServerLimits/typeDetectionLength`` bytes, of any origin.
    func mediaType(ofBytes head: [UInt8]) async throws -> MediaType?
}
