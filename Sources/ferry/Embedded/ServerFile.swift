// SPDX-License-Identifier: Apache-2.0

import FerryWire

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// `server.json`: the address of the server that runs on a data folder, valid while that server has it locked.
struct ServerFile: Sendable {
    /// Address on this machine.
    var url: String
    /// The server's process.
    var pid: Int64
    /// Most bytes of the file: a path of the system's longest, escaped, and the rest.
    private static let maximumSize = 32 << 10

    /// Whether its root key came from its environment rather than from the data folder.
    var hasOwnRootKey: Bool
    /// The folder that it takes its apps from, absolute; nil if it does not say.
    var appsDirectory: String?
    /// The mark of the secrets it was started with (``AppSecrets``), empty for none; nil unless a command started it.
    var secrets: String?

    /// The address written by the running server; nil if none runs, or it does not listen yet.
    static func running(_ directory: DataDirectory) throws(LocalFailure) -> ServerFile? {
        guard try FileLock.take(directory.serverFile, .shared) == nil else { return nil }
        let descriptor = open(directory.serverFile, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: maximumSize)
        let count = read(descriptor, &buffer, buffer.count)
        // The line end is written last: without it the server is still writing.
        guard count > 0, buffer[count - 1] == UInt8(ascii: "\n"),
            let json = try? JSONValue(parsing: buffer[..<(count - 1)]), let url = json["url"]?.stringValue,
            let pid = json["pid"]?.integerValue
        else { return nil }
        return ServerFile(
            url: url, pid: pid, hasOwnRootKey: json["own_root_key"]?.boolValue ?? false,
            appsDirectory: json["apps_dir"]?.stringValue, secrets: json["secrets"]?.stringValue)
    }

    /// Empties the file, which the caller has locked.
    static func clear(_ lock: FileLock) {
        ftruncate(lock.descriptor, 0)
    }

    /// Writes the address into the file, which the caller has locked.
    func write(to lock: FileLock) throws(LocalFailure) {
        var json: JSONObject = [
            "url": .string(url), "pid": .integer(pid), "version": .string(FerryVersion.current),
            "own_root_key": .bool(hasOwnRootKey),
        ]
        if let appsDirectory { json["apps_dir"] = .string(appsDirectory) }
        if let secrets { json["secrets"] = .string(secrets) }
        let bytes = JSONValue.object(json).serialized() + [UInt8(ascii: "\n")]
        guard ftruncate(lock.descriptor, 0) == 0, pwrite(lock.descriptor, bytes, bytes.count, 0) == bytes.count else {
            throw LocalFailure.system("cannot write server.json")
        }
    }
}
