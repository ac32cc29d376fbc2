// SPDX-License-Identifier: Apache-2.0

package import FerryWire

/// Knows the media types that FerryWire has signatures of, for where no larger data base is at hand.
package struct SignatureTypeDetector: ContentTypeDetector {
    package init() {}

    package func mediaType(ofBytes head: [UInt8]) async throws -> MediaType? {
        ContentSignature.detect(head).flatMap { MediaType($0.mediaType) }
    }
}
