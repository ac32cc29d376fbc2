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
    /// Every object with an address in it, each address once, in the output's order.
    static func find(in output: JSONValue) -> [OutputFile] {
        var found: [OutputFile] = []
        collect(output, into: &found)
        return found
    }

    private static func collect(_ value: JSONValue, into found: inout [OutputFile]) {
        switch value {
        case .array(let elements):
            for element in elements { collect(element, into: &found) }
        case .object(let members):
            guard let uri = members["uri"]?.stringValue, isAddress(uri) else {
                for member in members { collect(member.value, into: &found) }
                return
            }
            guard !found.contains(where: { $0.uri == uri }) else { return }
            let given = members["filename"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
            found.append(OutputFile(uri: uri, name: Filename.safe(given ?? name(in: uri))))
        default: break
        }
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
