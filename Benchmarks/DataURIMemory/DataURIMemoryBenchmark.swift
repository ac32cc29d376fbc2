// SPDX-License-Identifier: Apache-2.0

import FerryClient
import Glibc

/// Uploads a large data URI and prints, as one line of JSON, what of it was resident before and at most during it.
///
/// Usage: `data-uri-memory-benchmark BYTES`, with the server's address and key in the environment.
@main enum DataURIMemoryBenchmark {
    private static let header = "data:application/octet-stream;base64,"

    static func main() async throws {
        guard CommandLine.arguments.count == 2, let length = Int(CommandLine.arguments[1]), length > 1 << 20 else {
            throw FerryError(.invalidInput, "give the length of the data URI in bytes, more than a megabyte")
        }
        try await withFerry { ferry in
            // Nothing is warmed up: connections, buffers and tables count.
            let text = text(of: length)
            let before = try ProcessMemory.resident()
            try ProcessMemory.forgetPeak()
            let file = try await ferry.files.upload(text)
            let peak = try ProcessMemory.peak()
            let values = [
                "\"text\": \(text.utf8.count)", "\"size\": \(file.size)", "\"before\": \(before)", "\"peak\": \(peak)",
                "\"sha256\": \"\(file.sha256 ?? "")\"",
            ]
            print("{\(values.joined(separator: ", "))}")
        }
    }

    /// A data URI of about that length, made in place; its payload is the alphabet in an order that never repeats.
    private static func text(of length: Int) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        let groups = (length - header.utf8.count) / 4
        return String(unsafeUninitializedCapacity: header.utf8.count + groups * 4) { buffer in
            var end = buffer.update(fromContentsOf: header.utf8)
            var state: UInt64 = 1
            for _ in 0..<groups {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                for shift in stride(from: 32, to: 56, by: 6) {
                    buffer[end] = alphabet[Int(truncatingIfNeeded: state >> UInt64(shift)) & 63]
                    end += 1
                }
            }
            return end
        }
    }
}

/// What of this process is in memory.
private enum ProcessMemory {
    /// Bytes resident now.
    static func resident() throws -> Int { try value("VmRSS:") }

    /// Most bytes resident since the start, or since ``forgetPeak()``.
    static func peak() throws -> Int { try value("VmHWM:") }

    /// Begins to count the peak anew.
    static func forgetPeak() throws {
        let descriptor = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC)
        defer { close(descriptor) }
        guard descriptor >= 0, write(descriptor, "5", 1) == 1 else {
            throw FerryError(.localFile, "the system cannot begin to count the peak anew (/proc/self/clear_refs)")
        }
    }

    private static func value(_ name: String) throws -> Int {
        guard let file = fopen("/proc/self/status", "re") else {
            throw FerryError(.localFile, "/proc/self/status cannot be read")
        }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, CInt(line.count), file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            guard text.hasPrefix(name) else { continue }
            let number = text.dropFirst(name.utf8.count).split { $0 == " " || $0 == "\t" }.first.flatMap { Int($0) }
            if let number { return number << 10 }
        }
        throw FerryError(.localFile, "/proc/self/status does not tell \(name)")
    }
}
