// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// What the `inf.yml` of an app's folder says.
struct AppSettings: Sendable, Hashable {
    /// The name of the file.
    static let filename = "inf.yml"

    /// What runs the app.
    enum Kernel: Sendable, Hashable {
        /// `inference.py`; the second number of the version it prefers, as 11 for 3.11.
        case python(minor: Int?)
        /// `src/inference.js`; the first number of the version it prefers.
        case node(major: Int?)
        /// An executable built with FerryApp.
        case swift
    }

    /// A secret that the app asks the server's operator for.
    struct Secret: Sendable, Hashable {
        var key: String
        var isOptional: Bool
    }

    var namespace: String
    var name: String
    var description: String?
    var category: String?
    var kernel: Kernel
    /// The program inside the folder; of Swift apps alone.
    var executable: String?
    var defaultFunction: String?
    var environment: [String: String]
    var secrets: [Secret]
    /// How many graphics processors it takes. 0 for none.
    var gpuCount: Int
    /// Bytes of memory it may take; nil if it does not say.
    var memory: Int64?

    /// `namespace/name`.
    var reference: String { "\(namespace)/\(name)" }
}

/// What is wrong with an app's folder, in words for its author.
package struct AppFolderProblem: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
