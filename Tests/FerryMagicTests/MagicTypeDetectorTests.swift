// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryTesting
import FerryWire
import NIOPosix
import Testing

@testable import FerryMagic

@Suite("Media types by the system's data base")
struct MagicTypeDetectorTests {
    @Test("MagicTypeDetector passes ContentTypeDetectorConformance")
    func conformance() async throws {
        try await ContentTypeDetectorConformance { try MagicTypeDetector(threadPool: .singleton) }.run()
        #expect(!ContentTypeDetectorConformance.checks.isEmpty)
    }

    @Test(
        "names of the library's own become the registered ones, and others stay",
        arguments: [
            ("audio/x-wav", "audio/wav"), ("image/vnd.microsoft.icon", "image/x-icon"),
            ("application/x-gzip", "application/gzip"), ("image/png", "image/png"), ("a/b", "a/b"),
        ])
    func names(own: String, registered: String) {
        #expect(MagicNames.registered(own) == registered)
    }

    @Test("only the beginning is looked at")
    func bound() async throws {
        let detector = try MagicTypeDetector(threadPool: .singleton, maximumLength: 4)
        let type = try await detector.mediaType(ofBytes: Array("%PDF-1.7\n1 0 obj\n".utf8))
        #expect(type?.essence != "application/pdf")
    }
}
