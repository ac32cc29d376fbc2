// SPDX-License-Identifier: Apache-2.0

internal import AsyncHTTPClient
import FerryWire
package import NIOCore
internal import NIOHTTP1

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Stands where the guarded fetcher goes, and goes away with it: it guards nothing.
package struct PlaceholderFetch: Sendable {
    private static let client: HTTPClient = {
        var settings = HTTPClient.Configuration()
        settings.connectionPool.retryConnectionEstablishment = false
        settings.timeout.connect = .seconds(10)
        return HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: settings)
    }()

    /// The answer to a GET.
    package struct Answer: Sendable {
        package var status: Int
        package var headers: [(String, String)]
        package var finalURL: String
        package var body: any AsyncSequence<ByteBuffer, any Error> & Sendable
    }

    package init() {}

    package func get(_ url: String, headers: [(String, String)]) async throws -> Answer {
        var request = HTTPClientRequest(url: url)
        request.headers.add(name: "User-Agent", value: "ferry/\(FerryVersion.current)")
        request.headers.add(name: "Accept-Encoding", value: "identity")
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        let answer = try await Self.client.execute(request, timeout: .seconds(3_600))
        return Answer(
            status: Int(answer.status.code), headers: answer.headers.map { ($0.name, $0.value) },
            finalURL: answer.url.map(\.absoluteString) ?? url, body: answer.body)
    }
}
