// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import Synchronization
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

/// Ends of pipes that nobody has taken over yet.
final class PipeEnds: Sendable {
    private let open = Mutex<Set<Int32>>([])

    /// Makes a pipe whose ends are to be closed, or passed on.
    func pipe() throws(SystemFailure) -> ProcessPipe {
        let pipe = try ProcessPipe()
        open.withLock { $0.formUnion([pipe.reading, pipe.writing]) }
        return pipe
    }

    /// Leaves the closing of ends to somebody else.
    func pass(_ ends: Int32...) { open.withLock { $0.subtract(ends) } }

    /// Closes what was not passed on.
    func closeAll() {
        let left = open.withLock { ends in
            defer { ends = [] }
            return ends
        }
        for end in left { ProcessPipe.close(end) }
    }
}

/// What was written into a pipe and not read, also when its reader is gone.
final class UnreadBytes: Sendable {
    private let reading: Descriptor?

    /// - Parameter end: the reading end, which stays the caller's.
    init(of end: Int32) {
        let copy = fcntl(end, F_DUPFD_CLOEXEC, 0)
        reading = copy >= 0 ? Descriptor(copy) : nil
    }

    /// How many bytes there are.
    var count: Int {
        guard let reading else { return 0 }
        var count: Int32 = 0
        return ioctl(reading.raw, UInt(FIONREAD), &count) == 0 ? Int(count) : 0
    }
}

/// The system's `close`, by a name that no method has.
private func systemClose(_ descriptor: Int32) -> Int32 { close(descriptor) }
