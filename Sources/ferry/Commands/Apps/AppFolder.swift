// SPDX-License-Identifier: Apache-2.0

import FerryAppHost
import FerryWire
import Yams

/// A folder that holds an app, with `inf.yml` in it.
struct AppFolder: Sendable, Hashable {
    /// Most bytes of `inf.yml`.
    static let maximumDescriptionLength = 1 << 20

    /// Absolute path.
    var path: String
    /// The owner's name.
    var namespace: String
    /// The app's name.
    var name: String
    /// What runs it: `python-3.11`, `node-22`, `swift`; empty if nothing is said.
    var kernel: String
    /// The program inside the folder, as a path relative to it, of a Swift app; nil if nothing is said.
    var executable: String?

    /// `namespace/name`.
    var reference: String { "\(namespace)/\(name)" }

    /// Reads a folder's `inf.yml`.
    ///
    /// - Throws: ``CommandFailure``.
    static func read(_ folder: String) async throws -> AppFolder {
        let path = try LocalFolder.absolute(folder)
        let file = "\(path)/inf.yml"
        let bytes: [UInt8]
        do {
            bytes = try await LocalInput.bytes(file, upTo: maximumDescriptionLength)
        } catch let failure as CommandFailure where failure.kind == .localFileNotFound {
            throw CommandFailure(
                .localFileNotFound, "\(folder) holds no inf.yml; name an app's folder, or make one: ferry app init NAME"
            )
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandFailure(.refused, "\(file) is not UTF-8 text; save it as that")
        }
        return try AppFolder(path: path, description: text)
    }

    /// A folder with this text as its `inf.yml`.
    ///
    /// - Throws: ``CommandFailure`` that names the key.
    init(path: String, description: String) throws(CommandFailure) {
        let node: Node?
        do throws(AppFolderProblem) {
            node = try YAMLFile(name: "\(path)/inf.yml").root(of: Array(description.utf8))
        } catch {
            throw CommandFailure(.refused, error.description)
        }
        func text(_ key: String) -> String? {
            guard let value = node?.mapping?[Node(key)]?.scalar?.string, !value.isEmpty else { return nil }
            return value
        }
        func part(_ key: String) throws(CommandFailure) -> String {
            guard let value = text(key) else {
                throw CommandFailure(.refused, "\(path)/inf.yml has no \(key); add the line: \(key): …")
            }
            guard AppReference(value)?.name == value else {
                throw CommandFailure(
                    .refused, "\(path)/inf.yml: \(key) may hold letters, digits, '-', '_' and '.' only")
            }
            return value
        }
        self.path = path
        namespace = try part("namespace")
        name = try part("name")
        kernel = text("kernel") ?? ""
        executable = text("executable")
    }
}
