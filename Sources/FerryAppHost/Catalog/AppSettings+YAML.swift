// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Yams

extension AppSettings {
    /// Reads an `inf.yml`. Keys that mean nothing here are left alone.
    ///
    /// - Throws: ``AppFolderProblem`` that names the key.
    init(yaml bytes: [UInt8]) throws(AppFolderProblem) {
        guard let mapping = try YAMLFile(name: Self.filename).root(of: bytes)?.mapping else {
            throw AppFolderProblem("inf.yml holds no keys; it needs at least namespace, name and kernel")
        }
        let reader = Reader(mapping: mapping)
        guard let namespace = try reader.text("namespace") else {
            throw AppFolderProblem("inf.yml lacks the key namespace; it is the part of the reference before the slash")
        }
        guard let name = try reader.text("name") else { throw AppFolderProblem("inf.yml lacks the key name") }
        for (key, value) in [("namespace", namespace), ("name", name)]
        where AppReference("\(value)/\(value)") != AppReference(namespace: value, name: value) {
            throw AppFolderProblem("inf.yml: \(key) may hold letters, digits, '-', '_' and '.' alone, at most 128")
        }
        self.namespace = namespace
        self.name = name
        description = try reader.text("description")
        category = try reader.text("category")
        executable = try reader.text("executable")
        kernel = try Self.kernel(try reader.text("kernel"), hasExecutable: executable != nil)
        defaultFunction = try reader.text("default_function")
        environment = try reader.environment()
        secrets = try reader.secrets()
        let resources = try reader.section("resources")
        gpuCount = try resources?.gpuCount() ?? 0
        memory = try resources?.memory()
        if let executable, executable.utf8.first == UInt8(ascii: "/") || Self.climbs(executable) {
            throw AppFolderProblem("inf.yml: executable must be a path inside the app's folder")
        }
    }

    private static func climbs(_ path: String) -> Bool {
        path.utf8.split(separator: UInt8(ascii: "/")).contains { $0.elementsEqual("..".utf8) }
    }

    private static func kernel(_ text: String?, hasExecutable: Bool) throws(AppFolderProblem) -> Kernel {
        guard let text else {
            if hasExecutable { return .swift }
            throw AppFolderProblem("inf.yml lacks the key kernel; use python-3.11, node-22 or swift")
        }
        let parts = text.split(separator: "-", maxSplits: 1).map(String.init)
        let version = parts.count == 2 ? parts[1].split(separator: ".").map { Int($0) } : []
        switch parts.first {
        case "swift": return .swift
        case "python" where version.isEmpty || version.first == 3:
            return .python(minor: version.count > 1 ? version[1] : nil)
        case "node": return .node(major: version.first ?? nil)
        default:
            throw AppFolderProblem("inf.yml: there is no kernel \(text) here; use python-3.11, node-22 or swift")
        }
    }
}

/// Takes values out of a mapping, with the key's name in errors.
private struct Reader {
    let mapping: Node.Mapping
    var prefix = ""

    private func value(_ key: String) -> Node? {
        guard let value = mapping[Node(key)], value.null == nil else { return nil }
        return value
    }

    private func problem(_ key: String, _ text: String) -> AppFolderProblem {
        AppFolderProblem("inf.yml: \(prefix)\(key) \(text)")
    }

    func text(_ key: String) throws(AppFolderProblem) -> String? {
        guard let value = value(key) else { return nil }
        guard let scalar = value.scalar else { throw problem(key, "must be text") }
        guard !scalar.string.utf8.contains(0) else { throw problem(key, "may not hold a NUL") }
        return scalar.string.isEmpty ? nil : scalar.string
    }

    func section(_ key: String) throws(AppFolderProblem) -> Reader? {
        guard let value = value(key) else { return nil }
        guard let mapping = value.mapping else { throw problem(key, "must hold keys") }
        return Reader(mapping: mapping, prefix: "\(prefix)\(key).")
    }

    func environment() throws(AppFolderProblem) -> [String: String] {
        guard let section = try section("env") else { return [:] }
        var found: [String: String] = [:]
        for (key, value) in section.mapping {
            guard let name = key.scalar?.string, Self.isVariable(name) else {
                throw problem("env", "holds a name that no variable can have; use letters, digits and '_'")
            }
            guard let scalar = value.scalar, !scalar.string.utf8.contains(0) else {
                throw problem("env.\(name)", "must be text")
            }
            found[name] = value.null == nil ? scalar.string : ""
        }
        return found
    }

    func secrets() throws(AppFolderProblem) -> [AppSettings.Secret] {
        guard let value = value("secrets") else { return [] }
        guard let list = value.sequence else { throw problem("secrets", "must be a list") }
        var found: [AppSettings.Secret] = []
        for (index, item) in list.enumerated() {
            let where_ = "secrets.\(index)"
            if let name = item.scalar?.string, Self.isVariable(name) {
                found.append(AppSettings.Secret(key: name, isOptional: false))
                continue
            }
            guard let mapping = item.mapping else { throw problem(where_, "needs a key") }
            guard let name = mapping[Node("key")]?.scalar?.string, Self.isVariable(name) else {
                throw problem("\(where_).key", "must be the name of a variable")
            }
            found.append(AppSettings.Secret(key: name, isOptional: mapping[Node("optional")]?.bool ?? false))
        }
        return found
    }

    func gpuCount() throws(AppFolderProblem) -> Int {
        guard let gpu = try section("gpu"), let value = gpu.value("count") else { return 0 }
        guard let count = value.int, (0...1024).contains(count) else {
            throw problem("gpu.count", "must be a number from 0 to 1024")
        }
        return try gpu.text("type") == "none" ? 0 : count
    }

    /// Numbers below 1,000 are GB, those below 10^9 MB, others bytes.
    func memory() throws(AppFolderProblem) -> Int64? {
        guard let value = value("ram") else { return nil }
        guard let number = value.float, number.isFinite, number >= 0, number < 1e15 else {
            throw problem("ram", "must be a number: below 1000 of GB, below 10^9 of MB, else of bytes")
        }
        guard number > 0 else { return nil }
        return Int64(number < 1000 ? number * 1e9 : number < 1e9 ? number * 1e6 : number)
    }

    private static func isVariable(_ name: String) -> Bool {
        guard let first = name.utf8.first, name.utf8.count <= 256, !(48...57).contains(first) else { return false }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }
}
