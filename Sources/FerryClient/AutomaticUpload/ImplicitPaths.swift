// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// From where nothing is uploaded because a string happens to be a path: places of the system and of secrets.
enum ImplicitPaths {
    private static let folders = [
        "/etc", "/proc", "/sys", "/dev", "/run", "/var/run", "/private/etc", "/private/var/run",
    ]
    private static let secretFolders: Set<String> = [
        ".ssh", ".aws", ".azure", ".gnupg", ".kube", ".docker", ".password-store",
    ]
    private static let secretNames: Set<String> = [
        ".netrc", "_netrc", ".pgpass", ".my.cnf", ".npmrc", ".pypirc", ".git-credentials", ".htpasswd",
    ]
    private static let keyNames = ["id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"]

    /// Whether a path, with every link resolved, leads to such a place.
    static func isDenied(_ resolvedPath: String) -> Bool {
        if folders.contains(where: { isBeneath(resolvedPath, $0) }) { return true }
        let components = resolvedPath.split(separator: "/").map { String($0).lowercased() }
        if components.dropLast().contains(where: secretFolders.contains) { return true }
        return components.last.map(isSecretName) ?? true
    }

    private static func isSecretName(_ name: String) -> Bool {
        if secretNames.contains(name) || name.hasPrefix(".env") { return true }
        if name.hasSuffix(".pem") || name.hasSuffix(".key") { return true }
        if keyNames.contains(where: name.hasPrefix) { return true }
        return name.hasPrefix("id_") && (!name.utf8.contains(UInt8(ascii: ".")) || name.hasSuffix(".pub"))
    }

    /// Whether a path is the folder or lies in it.
    static func isBeneath(_ path: String, _ folder: String) -> Bool {
        var folder = folder[...]
        while folder.utf8.last == UInt8(ascii: "/") { folder.removeLast() }
        guard path.utf8.starts(with: folder.utf8) else { return false }
        let rest = path.utf8.dropFirst(folder.utf8.count)
        return rest.isEmpty || rest.first == UInt8(ascii: "/")
    }

    /// Whether a string has the form of a path beyond doubt: absolute, `./`, `../` or `~/`.
    static func isMarked(_ text: String) -> Bool {
        ["/", "./", "../", "~/"].contains { text.utf8.starts(with: $0.utf8) }
    }
}
