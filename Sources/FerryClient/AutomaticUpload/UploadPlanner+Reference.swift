// SPDX-License-Identifier: Apache-2.0

import FerryWire

extension UploadPlanner {
    /// Shortest text that the official rules take for base64.
    private static let referenceBase64 = 16

    /// A string by the rules of the official Python client: an existing path, `data:` in front, or what could be
    /// base64. Each is a guess and bears a warning; the guard holds all the same.
    ///
    /// Differences are in the caller's favour: a folder's name is text and no crash, every valid form of a data URI is
    /// taken, base64 with stray bits at its end is text, and so is what lies in a denied place.
    func reference(_ text: String, _ entry: inout Entry, _ state: inout State) -> Planned? {
        switch find(text) {
        case .denied:
            entry.rule = .deniedPath
            entry.warning = "a path to a place from which nothing is uploaded by its mere name; it stays text"
            return nil
        case .file(let found, let path):
            entry.warning = "taken for a file because there is one of that name"
            return named(found, path, .referencePath, &entry, &state)
        case .unreadable(let reason, _) where ImplicitPaths.isMarked(text):
            entry.refuse(.unreadable, reason, .localFile)
            return nil
        case .nothing, .other, .unreadable: break
        }
        if DataURI.hasScheme(text) {
            entry.warning = "taken for a file because it begins with data:"
            return dataURI(text, .referenceDataURI, &entry)
        }
        guard text.utf8.count >= Self.referenceBase64, let size = Self.base64Size(text) else { return nil }
        entry.warning = "taken for a file because it could be base64; words and ids can, too"
        return base64(text, size, .referenceBase64, &entry)
    }
}
