// SPDX-License-Identifier: Apache-2.0

import FerryBlobDisk
import FerryTesting
import NIOPosix
import Testing

@Suite("Disk store and its port")
struct DiskConformanceTests {
    @Test("DiskBlobStore passes BlobStoreConformance")
    func conformance() async throws {
        let folder = try TemporaryFolder()
        let number = Counter()
        try await BlobStoreConformance {
            try DiskBlobStore(root: "\(folder.path)/\(number.next())", threadPool: .singleton)
        }.run()
        #expect(number.next() > BlobStoreConformance.checks.count)
    }

    @Test("it passes with a tiny buffer and tiny reads too")
    func tinyLimits() async throws {
        let folder = try TemporaryFolder()
        let number = Counter()
        try await BlobStoreConformance {
            try DiskBlobStore(
                root: "\(folder.path)/\(number.next())", threadPool: .singleton,
                limits: .init(writeBuffer: 1000, maximumRead: 777, spaceCheckInterval: 1))
        }.run()
        #expect(number.next() > BlobStoreConformance.checks.count)
    }
}
