// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryTesting
import Testing

struct SignatureTypeDetectorTests {
    @Test("SignatureTypeDetector passes ContentTypeDetectorConformance")
    func conformance() async throws {
        try await ContentTypeDetectorConformance { SignatureTypeDetector() }.run()
        #expect(!ContentTypeDetectorConformance.checks.isEmpty)
    }
}
