// SPDX-License-Identifier: Apache-2.0

import FerryWire

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The config file, as far as the server reads it: the object `serve` of `$XDG_CONFIG_HOME/ferry/config.json`.
enum ServeConfigFile {
    /// Most bytes of the file.
    private static let maximumSize = 1 << 20

    /// The file as JSON; `{}` if there is none.
    static func read(environment: [String: String]) throws(LocalFailure) -> JSONValue {
        let base = environment["XDG_CONFIG_HOME"] ?? environment["HOME"].map { $0 + "/.config" }
        guard let path = base.map({ $0 + "/ferry/config.json" }) else { return [:] }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return [:] }
            throw LocalFailure.system("cannot read \(path)")
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count <= maximumSize {
            let count = systemRead(descriptor, &buffer, buffer.count)
            guard count >= 0 else { throw LocalFailure.system("cannot read \(path)") }
            if count == 0 { break }
            bytes += buffer[..<count]
        }
        do throws(JSONSyntaxError) {
            return try JSONValue(parsing: bytes, limits: JSONLimits(maximumBytes: maximumSize))
        } catch {
            throw LocalFailure("\(path): \(error); mend or remove the file")
        }
    }
}

/// The environment this process was given.
enum ProcessEnvironment {
    /// Names and values; the first of equal names.
    static let current: [String: String] = {
        var result: [String: String] = [:]
        var pointer = environ
        while let entry = pointer.pointee {
            let text = String(cString: entry)
            if let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")) {
                let name = String(text[..<equals])
                if result[name] == nil { result[name] = String(text[text.utf8.index(after: equals)...]) }
            }
            pointer += 1
        }
        return result
    }()
}

/// `read`, by a name that does not clash with methods.
private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer, _ count: Int) -> Int {
    read(descriptor, buffer, count)
}
