// SPDX-License-Identifier: Apache-2.0

import FerryApp
import Foundation
import NIOCore
import Testing

@testable import ferry_builtin_apps

@Suite struct AnswerTimeTests {
    /// A model server that answers one request with comments, which keep a stream alive, until the other side leaves.
    private final class Dripping: Sendable {
        let port: UInt16
        private let listener: Int32

        init() throws {
            listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let (listener, size) = (listener, length)
            let isReady = withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(listener, $0, size) == 0 && listen(listener, 1) == 0 && getsockname(listener, $0, &length) == 0
                }
            }
            try #require(isReady)
            port = UInt16(bigEndian: address.sin_port)
            Thread.detachNewThread { [listener] in
                let connection = accept(listener, nil, nil)
                var request = [UInt8](repeating: 0, count: 1 << 16)
                guard connection >= 0, recv(connection, &request, request.count, 0) > 0 else { return }
                var text = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
                while send(connection, text, text.utf8.count, Int32(MSG_NOSIGNAL)) > 0 {
                    text = ": still here\n\n"
                    usleep(20_000)
                }
                close(connection)
            }
        }

        deinit { close(listener) }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a server that sends comments for ever does not hold a task for ever`() async throws {
        let dripping = try Dripping()
        let settings = try ModelServerSettings {
            $0 == "OPENAI_BASE_URL" ? "http://127.0.0.1:\(dripping.port)/v1" : nil
        }
        var limits = ChatCompletionLimits()
        limits.answerTime = .seconds(1)
        let server = ModelServer(settings, limits: limits)
        let failure = await #expect(throws: AppFailure.self) {
            try await server.complete(ByteBuffer(string: "{}")) { _ in }
        }
        #expect(failure?.message.contains("did not end its answer within 1 s") == true)
        withExtendedLifetime(dripping) {}
    }
}
