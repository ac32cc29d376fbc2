// SPDX-License-Identifier: Apache-2.0

import FerryWire

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The config file, `$XDG_CONFIG_HOME/ferry/config.json`, else `~/.config/ferry/config.json`.
///
/// `base_url`, `api_key` and `ca_file` say which server commands talk to; `serve` is an object of flags of `ferry serve`.
struct ConfigFile: Sendable {
    /// Most bytes of the file.
    private static let maximumSize = 1 << 20

    /// Where it is.
    let path: String
    /// What it holds; `{}` if there is none.
    private(set) var json: JSONValue

    /// The file as JSON; `{}` if there is none.
    ///
    /// - Throws: ``LocalFailure``.
    static func read(environment: [String: String]) throws(LocalFailure) -> JSONValue {
        guard let path = path(environment) else { return [:] }
        return try content(path)
    }

    /// The file, to be changed.
    ///
    /// - Throws: ``LocalFailure``, also if there is no folder to have it in.
    init(environment: [String: String]) throws(LocalFailure) {
        guard let path = Self.path(environment) else {
            throw LocalFailure("no folder for the config file: HOME is not set; set HOME or XDG_CONFIG_HOME")
        }
        self.path = path
        json = try Self.content(path)
        guard json.objectValue != nil else {
            throw LocalFailure("\(path) holds no JSON object; mend or remove the file")
        }
    }

    private static func path(_ environment: [String: String]) -> String? {
        // What is not absolute is to be ignored, says the convention.
        if let base = environment["XDG_CONFIG_HOME"], base.utf8.first == UInt8(ascii: "/") {
            return base + "/ferry/config.json"
        }
        guard let home = environment["HOME"], !home.isEmpty else { return nil }
        return home + "/.config/ferry/config.json"
    }

    private static func content(_ path: String) throws(LocalFailure) -> JSONValue {
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

    /// Sets members, nil to take one away; what else the file holds stays.
    mutating func set(_ members: [(String, String?)]) {
        var object = json.objectValue ?? [:]
        for (name, value) in members { object[name] = value.map(JSONValue.string) }
        json = .object(object)
    }

    /// Writes the file, mode 0600: whole, or not at all.
    ///
    /// - Throws: ``LocalFailure``.
    func write() throws(LocalFailure) {
        try makeFolder()
        // A link that leads to the file elsewhere stays one.
        var target = path
        if let pointer = realpath(path, nil) {
            target = String(cString: pointer)
            free(pointer)
        }
        let temporary = "\(target).\(getpid()).new"
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw LocalFailure.system("cannot write \(temporary)") }
        let bytes = Array("\(PrettyJSON.text(json))\n".utf8)
        let isWritten = systemWrite(descriptor, bytes, bytes.count) == bytes.count && fsync(descriptor) == 0
        let number = errno
        close(descriptor)
        guard isWritten, rename(temporary, target) == 0 else {
            let failure = isWritten ? errno : number
            unlink(temporary)
            throw LocalFailure("cannot write \(target): \(String(cString: strerror(failure)))")
        }
    }

    private func makeFolder() throws(LocalFailure) {
        var made = ""
        for part in path.split(separator: "/").dropLast() {
            made += "/" + part
            guard mkdir(made, 0o700) == 0 || errno == EEXIST else {
                throw LocalFailure.system("cannot make the folder \(made)")
            }
        }
    }
}

/// `read`, by a name that does not clash with methods.
private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer, _ count: Int) -> Int {
    read(descriptor, buffer, count)
}

/// `write`, by a name that does not clash with methods.
private func systemWrite(_ descriptor: Int32, _ buffer: UnsafeRawPointer, _ count: Int) -> Int {
    write(descriptor, buffer, count)
}
