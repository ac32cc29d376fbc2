// SPDX-License-Identifier: Apache-2.0

/// The files of a new app: it counts the words of a text and lists the most frequent ones, a file in and a file out.
struct AppTemplate: Sendable {
    /// What an app can be written in.
    enum Language: String, CaseIterable, Sendable {
        case swift, python, node
    }

    /// A file of the new folder.
    struct File: Sendable, Hashable {
        /// The path inside the folder.
        var path: String
        /// What it holds.
        var text: String
    }

    /// The files.
    var files: [File]
    /// What to type next, each a command to be run in the folder that holds the new one.
    var nextSteps: [String]

    /// A new app.
    ///
    /// - Parameters:
    ///   - namespace: the owner's name, a part of an app reference.
    ///   - name: the app's name, likewise.
    ///   - folder: the folder's path as people type it.
    ///   - ferry: where a Swift app finds the kit; nil for the other languages.
    init(_ language: Language, namespace: String, name: String, folder: String, ferry: FerryCheckout?) {
        let raw: [File] =
            switch language {
            case .swift: Self.swiftFiles
            case .python: Self.pythonFiles
            case .node: Self.nodeFiles
            }
        let words = [
            ("@NAMESPACE@", namespace), ("@NAME@", name), ("@FERRY@", ferry?.dependency ?? ""),
        ]
        files = raw.map { file in
            var file = file
            for (word, value) in words { file.text = file.text.replacing(word, with: value) }
            return file
        }
        nextSteps = [
            "ferry app test \(folder)", "ferry app deploy \(folder)",
            "ferry run \(namespace)/\(name) --file document=FILE",
        ]
    }
}
