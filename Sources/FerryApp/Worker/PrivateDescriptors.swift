// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// The channel to the host, moved out of reach of whatever reads standard input or prints.
struct PrivateDescriptors: Sendable {
    /// What the host says.
    let input: Int32
    /// What the host hears.
    let output: Int32

    /// A call that failed.
    struct Failure: Error, CustomStringConvertible {
        let call: String
        let code: Int32
        var description: String { "\(call) failed: \(String(cString: strerror(code)))" }
    }

    /// Copies `input` and `output` to descriptors that child processes do not inherit, then points `output` at `log`
    /// and `input` at nothing.
    ///
    /// - Parameters:
    ///   - input: descriptor 0, unless a test says otherwise.
    ///   - output: descriptor 1, unless a test says otherwise.
    ///   - log: descriptor 2, unless a test says otherwise; when it is closed, prints go nowhere.
    static func take(
        input: Int32 = STDIN_FILENO, output: Int32 = STDOUT_FILENO, log: Int32 = STDERR_FILENO
    ) throws -> PrivateDescriptors {
        let privateInput = fcntl(input, F_DUPFD_CLOEXEC, 3)
        guard privateInput >= 0 else { throw Failure(call: "copying standard input", code: errno) }
        let privateOutput = fcntl(output, F_DUPFD_CLOEXEC, 3)
        guard privateOutput >= 0 else { throw Failure(call: "copying standard output", code: errno) }
        let nothing = open("/dev/null", O_RDWR | O_CLOEXEC)
        guard nothing >= 0 else { throw Failure(call: "opening /dev/null", code: errno) }
        defer { close(nothing) }
        guard dup2(nothing, input) >= 0 else { throw Failure(call: "replacing standard input", code: errno) }
        guard dup2(log, output) >= 0 || dup2(nothing, output) >= 0 else {
            throw Failure(call: "replacing standard output", code: errno)
        }
        return PrivateDescriptors(input: privateInput, output: privateOutput)
    }
}

/// Writes all bytes, however many calls that takes; false when nobody reads any more.
func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    bytes.withUnsafeBytes { buffer in
        var done = 0
        while done < buffer.count {
            let written = write(descriptor, buffer.baseAddress?.advanced(by: done), buffer.count - done)
            if written >= 0 {
                done += written
            } else if errno == EAGAIN {
                var room = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&room, 1, -1)
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }
}
