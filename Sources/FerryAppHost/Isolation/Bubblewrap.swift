// SPDX-License-Identifier: Apache-2.0

import Subprocess
import SystemPackage

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// The program that gives a process a file system and a process table of its own.
struct Bubblewrap: Sendable, Hashable {
    /// What of `/etc` programs need that are not told otherwise: names, certificates, time zones, fonts, libraries.
    static let settings = [
        "alternatives", "ca-certificates", "ca-certificates.conf", "crypto-policies", "fonts", "gai.conf", "group",
        "host.conf", "hosts", "ImageMagick-6", "ImageMagick-7", "ld.so.cache", "ld.so.conf", "ld.so.conf.d",
        "localtime", "magic", "magic.mime", "mime.types", "nsswitch.conf", "passwd", "pki/ca-trust", "pki/tls/certs",
        "protocols", "resolv.conf", "services", "ssl/certs", "ssl/openssl.cnf", "timezone",
    ]
    /// Where the system's own programs and libraries lie. On most systems all but two are links into `/usr`.
    static let systemFolders = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt"]

    /// Bytes that the empty folder in place of a hidden one may hold: the folders above what is shown within. 1 MiB.
    private static let coverSize = 1 << 20

    /// Its absolute path.
    let program: String
    /// A folder of the server's of which a worker sees nothing but what its plan names, wherever it lies.
    var hidden: String?

    /// Finds it; nil if it is missing or cannot do its work here, as in many containers.
    ///
    /// - Parameter hidden: a folder of the server's, links resolved.
    static func detect(hiding hidden: String? = nil) async -> Bubblewrap? {
        #if os(Linux)
        let places = ["/usr/bin/bwrap", "/bin/bwrap", "/usr/local/bin/bwrap"]
        guard let program = places.first(where: { access($0, X_OK) == 0 }) else { return nil }
        let bubblewrap = Bubblewrap(program: program, hidden: hidden)
        let trial = Configuration(
            executable: .path(FilePath(program)),
            arguments: Arguments(
                bubblewrap.namespaces + bubblewrap.system(sharedMemory: 1 << 20) + ["--", "/bin/true"]),
            environment: .custom(["PATH": "/usr/bin:/bin"]), workingDirectory: "/")
        let result = try? await Subprocess.run(trial, input: .none, output: .discarded, error: .discarded)
        return result?.terminationStatus == .exited(0) ? bubblewrap : nil
        #else
        return nil
        #endif
    }

    /// The arguments before the program's own: what a worker sees of the world.
    ///
    /// - Parameters:
    ///   - keepingUser: whether the process is to stay the user it is; else it keeps the right to become another.
    func arguments(for plan: LaunchPlan, in folder: WorkerFolder, sharedMemory: Int64, keepingUser: Bool) -> [String] {
        var arguments = namespaces
        if !keepingUser { arguments += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"] }
        arguments += system(sharedMemory: sharedMemory)
        arguments += ["--bind", folder.temporaryPath, "/tmp", "--bind", folder.appPath, "/app"]
        let seen = Self.seen(by: plan, hiding: hidden)
        // What lies above the hidden folder comes first, then an empty folder in its place, then what lies within.
        let cover = hidden.flatMap { hidden in
            (Self.systemFolders + seen).contains { Self.contains($0, hidden) } ? hidden : nil
        }
        func isWithin(_ path: String) -> Bool { cover.map { Self.contains($0, path) } ?? false }
        let writable = plan.writable + [folder.path]
        let all = seen + writable
        for parent in Self.parents(of: all.filter { !isWithin($0) }) {
            arguments += ["--perms", "0755", "--dir", parent]
        }
        for path in seen where !isWithin(path) { arguments += ["--ro-bind-try", path, path] }
        if let cover {
            arguments += ["--size", String(Self.coverSize), "--perms", "0755", "--tmpfs", cover]
            for parent in Self.parents(of: all.filter(isWithin), beneath: cover) {
                arguments += ["--perms", "0755", "--dir", parent]
            }
            for path in seen where isWithin(path) && path != cover { arguments += ["--ro-bind-try", path, path] }
        }
        for path in writable { arguments += ["--bind", path, path] }
        if let cover { arguments += ["--remount-ro", cover] }
        return arguments + ["--chdir", folder.workPath, "--"]
    }

    /// What a plan needs to see, as it is written and with links resolved.
    static func seen(by plan: LaunchPlan, hiding hidden: String? = nil) -> [String] {
        /// Whether the hidden folder lies between a folder and a path in it.
        func isHidden(_ path: String, in folder: String) -> Bool {
            guard let hidden else { return false }
            return path != folder && contains(folder, hidden) && contains(hidden, path)
        }
        var paths: [String] = []
        for path in plan.readable + [plan.codeFolder, plan.program].compactMap({ $0 }) {
            // What lies in a folder that is seen already is seen: to bind it again would mean making it.
            for path in [path, resolved(path)]
            where !paths.contains(where: { contains($0, path) && !isHidden(path, in: $0) }) {
                paths.append(path)
            }
        }
        return paths
    }

    /// Whether a path is that of a folder or leads into it.
    private static func contains(_ folder: String, _ path: String) -> Bool {
        path.utf8.elementsEqual(folder.utf8) || path.utf8.starts(with: "\(folder)/".utf8)
    }

    /// The folders above those paths that have to be made, from the top down. Left to itself, bubblewrap makes them such
    /// that only root may pass.
    ///
    /// - Parameter top: a folder that is there; nil for the root.
    static func parents(of paths: [String], beneath top: String? = nil) -> [String] {
        var parents: [String] = []
        for path in paths
        where top != nil || !systemFolders.contains(where: { path.utf8.starts(with: "\($0)/".utf8) }) {
            var parent = ""
            for part in path.utf8.split(separator: UInt8(ascii: "/")).dropLast() {
                parent += "/" + String(decoding: part, as: UTF8.self)
                if let top, contains(parent, top) { continue }
                if !parents.contains(parent), !["/tmp", "/app", "/etc"].contains(parent) { parents.append(parent) }
            }
        }
        return parents
    }

    private static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    private var namespaces: [String] {
        ["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--die-with-parent", "--cap-drop", "ALL"]
    }

    private func system(sharedMemory: Int64) -> [String] {
        var arguments: [String] = []
        for folder in Self.systemFolders {
            if let target = link(at: folder) {
                arguments += ["--symlink", target, folder]
            } else {
                arguments += ["--ro-bind-try", folder, folder]
            }
        }
        // Left to itself, bubblewrap makes folders that only root may pass.
        for folder in ["/etc", "/etc/pki", "/etc/pki/tls", "/etc/ssl"] {
            arguments += ["--perms", "0755", "--dir", folder]
        }
        for name in Self.settings { arguments += ["--ro-bind-try", "/etc/\(name)", "/etc/\(name)"] }
        return arguments + [
            "--proc", "/proc", "--dev", "/dev", "--size", String(sharedMemory), "--perms", "1777", "--tmpfs",
            "/dev/shm",
        ]
    }

    private func link(at path: String) -> String? {
        var bytes = [CChar](repeating: 0, count: 1024)
        let count = readlink(path, &bytes, bytes.count - 1)
        guard count > 0 else { return nil }
        return String(decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
