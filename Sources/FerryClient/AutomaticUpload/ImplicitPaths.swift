// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// From where nothing is uploaded because a string happens to be a path: places of the system and of secrets.
enum ImplicitPaths {
    /// Places of the system.
    private static let folders = [
        "/etc", "/proc", "/sys", "/dev", "/run", "/var/run", "/private/etc", "/private/var/run", "/private/var/db",
        "/Library/Keychains",
    ]
    /// Folders that hold credentials, wherever they lie.
    private static let secretFolders: Set<String> = [
        ".ssh", ".aws", ".azure", ".gnupg", ".kube", ".docker", ".password-store", ".gcloud", ".terraform.d",
        ".oci", ".minikube", ".helm", ".mozilla", ".thunderbird", ".pki", ".secrets", ".gem", ".cargo-credentials",
    ]
    /// The same, a folder and one in it.
    private static let secretPairs: Set<[String]> = [
        [".config", "gcloud"], [".config", "gh"], [".config", "hub"], [".config", "ferry"], [".config", "rclone"],
        [".config", "op"], [".config", "doctl"], [".config", "google-chrome"], [".config", "chromium"],
        [".config", "bravesoftware"], [".config", "sops"], [".config", "age"], ["share", "keyrings"],
        ["share", "kwalletd"], ["library", "keychains"], ["library", "cookies"], [".cargo", "credentials.toml"],
        [".cargo", "credentials"], [".m2", "settings.xml"], [".gradle", "gradle.properties"], [".git", "config"],
    ]
    private static let secretNames: Set<String> = [
        ".netrc", "_netrc", ".pgpass", ".my.cnf", ".npmrc", ".yarnrc.yml", ".pypirc", ".git-credentials", ".htpasswd",
        ".dockercfg", ".dockerconfigjson", ".s3cfg", ".boto", ".vault-token", ".bash_history", ".zsh_history",
        ".python_history", ".node_repl_history", ".psql_history", ".mysql_history", ".sqlite_history",
        ".rediscli_history",
        ".bashrc", ".bash_profile", ".profile", ".zshrc", ".zshenv", ".zprofile", ".lesshst", ".viminfo", ".xauthority",
        ".iceauthority", "root-key",
        "application_default_credentials.json",
    ]
    private static let secretSuffixes = [
        ".pem", ".key", ".p12", ".pfx", ".jks", ".keystore", ".kdbx", ".ppk", ".p8", ".ovpn", ".tfstate",
    ]
    private static let keyNames = ["id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"]

    /// Whether a path, with every link resolved, leads to such a place.
    static func isDenied(_ resolvedPath: String) -> Bool {
        if folders.contains(where: { isBeneath(resolvedPath, $0) }) { return true }
        return isSecret(components(resolvedPath))
    }

    /// Whether a path says already that it leads to such a place, links left aside. Looks at nothing.
    static func isDenied(asWritten path: String) -> Bool {
        var names: [String] = []
        for name in path.split(separator: "/") where name != "." {
            if name == "..", let last = names.last, last != ".." {
                names.removeLast()
            } else {
                names.append(String(name))
            }
        }
        guard path.utf8.first == UInt8(ascii: "/") else { return isSecret(names.map { $0.lowercased() }) }
        while names.first == ".." { names.removeFirst() }
        return !names.isEmpty && isDenied("/" + names.joined(separator: "/"))
    }

    private static func components(_ path: String) -> [String] {
        path.split(separator: "/").map { $0.lowercased() }
    }

    private static func isSecret(_ names: [String]) -> Bool {
        if names.contains(where: secretFolders.contains) { return true }
        if zip(names, names.dropFirst()).contains(where: { secretPairs.contains([$0, $1]) }) { return true }
        return names.last.map(isSecretName) ?? false
    }

    private static func isSecretName(_ name: String) -> Bool {
        if secretNames.contains(name) || name == ".env" || name.hasPrefix(".env.") || name == ".envrc" { return true }
        if secretSuffixes.contains(where: name.hasSuffix) { return true }
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
