// SPDX-License-Identifier: Apache-2.0

import FerrySigning
import FerryWire

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Where a server keeps everything, mode 0700.
///
/// ```
/// metadata.sqlite   records      blobs/   bytes       work/   folders of running tasks
/// apps/             folders of apps, where no other place is named          app-manifests/  what they tell of themselves
/// environments/     Python environments, each made once from a requirements.txt; may be a link to those of another folder
/// root-key          0600, made on the first start unless FERRY_ROOT_KEY is set
/// server.json       0600, locked by the running server, which writes its address and folder of apps into it
/// attach.lock       shared by commands that use the server; a server that exits for idleness takes it whole
/// start.lock        held by the command that is starting a server
/// server.log        what an embedded server says
/// ```
struct DataDirectory: Sendable {
    /// Absolute path.
    let path: String

    /// The folder a flag names, else `FERRY_DATA_DIR`, else `$XDG_DATA_HOME/ferry`, else `~/.local/share/ferry`.
    static func resolve(flag: String?, environment: [String: String]) throws(LocalFailure) -> DataDirectory {
        if let given = flag ?? environment["FERRY_DATA_DIR"], !given.isEmpty {
            return DataDirectory(path: absolute(given))
        }
        if let base = environment["XDG_DATA_HOME"], base.utf8.first == UInt8(ascii: "/") {
            return DataDirectory(path: base + "/ferry")
        }
        guard let home = environment["HOME"], home.utf8.first == UInt8(ascii: "/") else {
            throw LocalFailure("no folder for data: HOME is not set; give --data-dir")
        }
        return DataDirectory(path: home + "/.local/share/ferry")
    }

    private static func absolute(_ path: String) -> String {
        guard path.utf8.first != UInt8(ascii: "/") else { return path }
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        guard let current = getcwd(&buffer, buffer.count) else { return path }
        return String(cString: current) + "/" + path
    }

    /// Makes the folder and its parents if they are missing.
    func prepare() throws(LocalFailure) {
        var made = ""
        for part in path.split(separator: "/") {
            made += "/" + part
            if mkdir(made, 0o700) != 0, errno != EEXIST {
                throw LocalFailure.system("cannot make the folder \(made)")
            }
        }
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw LocalFailure("\(path) is not a folder; give another --data-dir")
        }
    }

    var metadata: String { path + "/metadata.sqlite" }
    var blobs: String { path + "/blobs" }
    var work: String { path + "/work" }
    var apps: String { path + "/apps" }
    var manifests: String { path + "/app-manifests" }
    var environments: String { path + "/environments" }
    var serverFile: String { path + "/server.json" }
    var attachLock: String { path + "/attach.lock" }
    var startLock: String { path + "/start.lock" }
    var serverLog: String { path + "/server.log" }
    private var rootKeyFile: String { path + "/root-key" }

    /// The root key kept here; nil if there is none yet.
    func storedRootKey() throws(LocalFailure) -> String? {
        let descriptor = open(rootKeyFile, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw LocalFailure.system("cannot read \(rootKeyFile)")
        }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = read(descriptor, &buffer, buffer.count)
        guard count > 0 else { throw LocalFailure("\(rootKeyFile) is empty; remove it to have a new key made") }
        let text = String(decoding: buffer[..<count], as: UTF8.self)
        return text.split(whereSeparator: \.isWhitespace).first.map(String.init)
    }

    /// The root key kept here, made now if there is none. For the running server only.
    func rootKey() throws(LocalFailure) -> String {
        if let key = try storedRootKey() { return key }
        let key = APIKey.generate()
        let descriptor = open(rootKeyFile, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw LocalFailure.system("cannot write \(rootKeyFile)") }
        defer { close(descriptor) }
        let bytes = Array((key + "\n").utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0 else {
            throw LocalFailure.system("cannot write \(rootKeyFile)")
        }
        return key
    }
}

/// Something on this machine is not as it should be. The message says what to do.
struct LocalFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    /// A failed call of the system, with its reason.
    static func system(_ what: String) -> LocalFailure {
        LocalFailure("\(what): \(String(cString: strerror(errno)))")
    }
}
