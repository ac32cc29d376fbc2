// SPDX-License-Identifier: Apache-2.0

import FerryWire
package import Yams

/// A file of settings, and what is wrong with it in words of our own: the library's speak of its inner workings.
package struct YAMLFile: Sendable {
    /// The file's name, for errors.
    let name: String

    /// A file of that name.
    package init(name: String) { self.name = name }

    /// What the file holds; nil if that is nothing.
    ///
    /// - Throws: ``AppFolderProblem`` that names the line.
    package func root(of bytes: [UInt8]) throws(AppFolderProblem) -> Node? {
        // A byte order mark, as some editors write it, says nothing.
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        guard let text = String(validating: bytes.dropFirst(bytes.starts(with: mark) ? 3 : 0), as: UTF8.self) else {
            throw AppFolderProblem("\(name) is no UTF-8 text; save it as UTF-8")
        }
        do {
            return try Yams.compose(yaml: text)
        } catch let error as YamlError {
            throw AppFolderProblem("\(name) \(Self.words(error, in: text))")
        } catch {
            throw AppFolderProblem("\(name) cannot be read as YAML")
        }
    }

    private static func words(_ error: YamlError, in text: String) -> String {
        switch error {
        case .duplicatedKeysInMapping(let keys, let context):
            // One of them has its place told; the first by the library's order.
            let key = keys.first.flatMap { text.contains($0) ? "the key \(shown($0))" : nil } ?? "a key"
            let more = keys.count > 1 ? ", and \(keys.count - 1) more" : ""
            return "has \(key) more than once, first in line \(context.mark.line)\(more); leave each only once"
        case .reader(_, let offset, _, _):
            let line = offset.map { text.prefix($0).count(where: \.isNewline) + 1 }
            let place = line.map { " in line \($0)" } ?? ""
            return "holds a character\(place) that YAML does not allow; remove it"
        case .composer(let context, _, let mark, _):
            // Of these there are two: a second document, and an alias.
            guard context == nil else {
                return "holds a second document from line \(mark.line) on; leave one"
            }
            return "names an anchor in line \(mark.line), column \(mark.column), that is not there; put text that "
                + "begins with '*' in quotes"
        // Where a word begins that makes no sense says more than where that shows.
        case .scanner(let context, _, let mark, _): return notYAML(at: mark, from: context?.mark ?? mark, text)
        case .parser(_, _, let mark, _): return notYAML(at: mark, from: mark, text)
        default: return "cannot be read as YAML"
        }
    }

    private static func notYAML(at mark: Mark, from start: Mark, _ text: String) -> String {
        let isIndentedByTab = line(mark, of: text).prefix(while: \.isWhitespace).contains("\t")
        let place = isIndentedByTab ? mark : start
        let remedy = isIndentedByTab ? "indent with spaces, not with tabs" : remedy(at: start, in: text)
        return "is not YAML in line \(place.line), column \(place.column); \(remedy)"
    }

    private static func line(_ mark: Mark, of text: String) -> Substring {
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        return lines.indices.contains(mark.line - 1) ? lines[mark.line - 1] : ""
    }

    private static func remedy(at mark: Mark, in text: String) -> String {
        switch line(mark, of: text).unicodeScalars.dropFirst(mark.column - 1).first {
        case "'", "\"": return "close the quotes that begin there"
        case "*"?, "&"?, "!"?, "%"?, "@"?, "`"?: return "put text that begins with such a character in quotes"
        default: return "check the indentation and the brackets, and put text that holds ': ' in quotes"
        }
    }

    /// A key as it is told: on one line, and not of any length.
    private static func shown(_ key: String) -> String {
        let scalars = key.unicodeScalars
        return "\(JSONValue.string(scalars.count > 40 ? String(scalars.prefix(40)) + "…" : key))"
    }
}
