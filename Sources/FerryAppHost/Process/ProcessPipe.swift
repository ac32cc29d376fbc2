// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import SystemPackage

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A pipe between the server and a process. Neither end reaches a process that it was not given to.
struct ProcessPipe: Sendable {
    let reading: Int32
    let writing: Int32

    init() throws(SystemFailure) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw SystemFailure(call: "making a pipe", code: errno) }
        // A process started in between gets them no more than later ones: all but its first three are closed for it.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        reading = ends[0]
        writing = ends[1]
    }

    static func close(_ end: Int32) { _ = systemClose(end) }

    /// The host's side of a pipe or two. It has taken the descriptors over, also when it throws.
    ///
    /// - Parameters:
    ///   - input: the end to read from.
    ///   - output: the end to write to, if there is one.
    static func channel(input: Int32, output: Int32? = nil) async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
        let bootstrap = NIOPipeBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        let configuration = NIOAsyncChannel<ByteBuffer, ByteBuffer>.Configuration(isOutboundHalfClosureEnabled: true)
        let wrap: @Sendable (any Channel) -> EventLoopFuture<NIOAsyncChannel<ByteBuffer, ByteBuffer>> = { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel(wrappingChannelSynchronously: channel, configuration: configuration)
            }
        }
        do {
            if let output {
                return try await bootstrap.takingOwnershipOfDescriptors(
                    input: input, output: output, channelInitializer: wrap)
            }
            return try await bootstrap.takingOwnershipOfDescriptor(input: input, channelInitializer: wrap)
        } catch {
            close(input)
            if let output { close(output) }
            throw error
        }
    }
}

/// The system's `close`, by a name that no method has.
private func systemClose(_ descriptor: Int32) -> Int32 { close(descriptor) }
