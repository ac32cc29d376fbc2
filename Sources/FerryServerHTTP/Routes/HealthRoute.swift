// SPDX-License-Identifier: Apache-2.0

internal import FerryWire
internal import Hummingbird
internal import NIOCore

/// Whether the server is up, for anybody.
enum HealthRoute {
    static func health(_ exchange: Exchange) async throws -> Response {
        let body: JSONValue = ["status": "ok", "name": "ferry", "version": .string(FerryVersion.current)]
        return Response(
            status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body.serialized())))
    }
}
