// SPDX-License-Identifier: Apache-2.0

import FerryServerCore
import FerryTesting
import Testing

@Suite("Fakes and the ports they stand for")
struct FakeConformanceTests {
    @Test("InMemoryBlobStore passes BlobStoreConformance")
    func blobStore() async throws {
        try await BlobStoreConformance { InMemoryBlobStore() }.run()
        #expect(!BlobStoreConformance.checks.isEmpty)
    }

    @Test("InMemoryFileIndex passes FileIndexConformance")
    func fileIndex() async throws {
        try await FileIndexConformance { InMemoryFileIndex() }.run()
        #expect(!FileIndexConformance.checks.isEmpty)
    }

    @Test("InMemoryTaskStore passes TaskStoreConformance")
    func taskStore() async throws {
        try await TaskStoreConformance { InMemoryTaskStore() }.run()
        #expect(!TaskStoreConformance.checks.isEmpty)
    }

    @Test("InMemoryTaskStore passes TaskQueueConformance")
    func taskQueue() async throws {
        try await TaskQueueConformance { InMemoryTaskStore() }.run()
        #expect(!TaskQueueConformance.checks.isEmpty)
    }

    @Test("InMemoryTaskFileIndex passes TaskFileIndexConformance")
    func taskFileIndex() async throws {
        try await TaskFileIndexConformance { InMemoryTaskFileIndex() }.run()
        #expect(!TaskFileIndexConformance.checks.isEmpty)
    }

    @Test("InMemoryTaskStore passes WebhookOutboxConformance")
    func webhookOutbox() async throws {
        try await WebhookOutboxConformance { InMemoryTaskStore() }.run()
        #expect(!WebhookOutboxConformance.checks.isEmpty)
    }

    @Test("InMemoryAccessStore passes AccessStoreConformance")
    func accessStore() async throws {
        try await AccessStoreConformance { InMemoryAccessStore() }.run()
        #expect(!AccessStoreConformance.checks.isEmpty)
    }

    @Test("InMemorySecretStore passes SecretStoreConformance")
    func secretStore() async throws {
        try await SecretStoreConformance { InMemorySecretStore() }.run()
        #expect(!SecretStoreConformance.checks.isEmpty)
    }

    @Test("InMemorySessionStore passes SessionStoreConformance")
    func sessionStore() async throws {
        try await SessionStoreConformance { InMemorySessionStore() }.run()
        #expect(!SessionStoreConformance.checks.isEmpty)
    }

    @Test("InMemoryChatStore passes ChatStoreConformance")
    func chatStore() async throws {
        try await ChatStoreConformance { InMemoryChatStore() }.run()
        #expect(!ChatStoreConformance.checks.isEmpty)
    }

    @Test("LocalEventBus passes EventBusConformance")
    func eventBus() async throws {
        try await EventBusConformance { LocalEventBus() }.run()
        #expect(!EventBusConformance.checks.isEmpty)
    }
}
