// SPDX-License-Identifier: Apache-2.0

import FerryClient
import FerryWire

/// A file in a task's output.
struct OutputFile: Sendable, Hashable {
    /// Its address.
    var uri: String
    /// Its name, safe to create.
    var name: String

    /// Names tried for one file before giving up.
    private static let maximumNames = 10_000

    /// Downloads it into a folder, under a name that nothing there has: `a.png`, else `a-1.png`, `a-2.png`, ….
    ///
    /// - Returns: the absolute path.
    func save(in folder: String, _ ferry: Ferry) async throws -> String {
        for number in 0..<Self.maximumNames {
            let path = try LocalFolder.absolute("\(folder)/\(numbered(number))")
            do {
                return try await ferry.files.download(uri, to: path, overwrite: false)
            } catch let error as FerryError where error.code == .alreadyExists || error.isNotRegular {
                continue
            }
        }
        throw CommandFailure(.alreadyExists, "\(folder) holds too many files named like \(name); empty it")
    }

    private func numbered(_ number: Int) -> String {
        guard number > 0 else { return name }
        let point = name.utf8.lastIndex(of: UInt8(ascii: "."))
        guard let point, point != name.startIndex else { return "\(name)-\(number)" }
        return "\(name[..<point])-\(number)\(name[point...])"
    }
}

extension FerryError {
    /// Whether something that is no file stands where the download was to go.
    fileprivate var isNotRegular: Bool { code == .localFile && underlying == nil }
}

/// Finds the files in a task's output.
enum OutputFiles {
    /// Every object with an address in it, and every address that stands where the schema says file; each address
    /// once, in the output's order.
    static func find(in output: JSONValue, schema: JSONSchema? = nil) -> [OutputFile] {
        var found: [OutputFile] = []
        collect(output, schema?.isEmpty == true ? nil : schema?.resolved, into: &found)
        return found
    }

    /// Whether an address stands somewhere as text, so that a schema has to tell whether it is a file.
    static func holdsLooseAddress(_ value: JSONValue) -> Bool {
        switch value {
        case .string(let text): isAddress(text)
        case .array(let elements): elements.contains(where: holdsLooseAddress)
        case .object(let members): address(of: members) == nil && members.contains { holdsLooseAddress($0.value) }
        default: false
        }
    }

    private static func collect(_ value: JSONValue, _ schema: JSONSchema?, into found: inout [OutputFile]) {
        switch value {
        case .string(let text):
            if isAddress(text), schema?.acceptsFile == true { add(text, name(in: text), to: &found) }
        case .array(let elements):
            for (index, element) in elements.enumerated() { collect(element, schema?.element(at: index), into: &found) }
        case .object(let members):
            guard let uri = address(of: members) else {
                for member in members { collect(member.value, schema?.member(member.key), into: &found) }
                return
            }
            let given = members["filename"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
            add(uri, given ?? name(in: uri), to: &found)
        default: break
        }
    }

    private static func add(_ uri: String, _ name: String, to found: inout [OutputFile]) {
        guard !found.contains(where: { $0.uri == uri }) else { return }
        found.append(OutputFile(uri: uri, name: Filename.safe(name)))
    }

    /// The address in a file's object; nil if it is none.
    private static func address(of members: JSONObject) -> String? {
        members["uri"]?.stringValue.flatMap { isAddress($0) ? $0 : nil }
    }

    private static func isAddress(_ text: String) -> Bool {
        FileURI.hasScheme(text) || DataURI.hasScheme(text)
            || ["http://", "https://"].contains { text.lowercased().hasPrefix($0) }
    }

    private static func name(in uri: String) -> String {
        guard !DataURI.hasScheme(uri) else { return Filename.fallback }
        let path = uri.prefix { $0 != "?" && $0 != "#" }
        let last = path.split(separator: "/").last.map(String.init) ?? Filename.fallback
        return PercentEncoding.decode(last) ?? last
    }
}
