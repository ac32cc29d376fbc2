// SPDX-License-Identifier: Apache-2.0

import FerryApp

/// Which model server is asked. The operator alone says so, by secrets: a caller who could choose the address would get
/// the key, and would reach whatever this machine reaches.
struct ModelServerSettings: Sendable {
    static let baseName = "OPENAI_BASE_URL"
    static let keyName = "OPENAI_API_KEY"
    static let modelName = "OPENAI_MODEL"
    /// Names of the secrets that the app asks for.
    static let secrets = [baseName, keyName, modelName]

    /// What the paths of the protocol are appended to, without a slash at its end.
    let base: String
    let key: String?
    /// The model where a caller names none.
    let model: String?

    /// - Parameter variable: the variable of a name in the environment.
    /// - Throws: ``AppFailure`` that says what the operator has to do.
    init(variable: (String) -> String?) throws(AppFailure) {
        func text(_ name: String) -> String? {
            let text = variable(name).map { Self.trimmed($0) } ?? ""
            return text.isEmpty ? nil : text
        }
        guard let base = text(Self.baseName) else {
            throw AppFailure(
                "no model server is set up: start the server with FERRY_SECRET_\(Self.baseName), the address of one that "
                    + "speaks the chat completions protocol, for example http://127.0.0.1:11434/v1")
        }
        self.base = try Self.checked(base)
        key = text(Self.keyName)
        model = text(Self.modelName)
        if let key, !key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) {
            throw AppFailure(
                "FERRY_SECRET_\(Self.keyName), given where the server is started, holds a character that no key has; copy it "
                    + "once more"
            )
        }
    }

    private static func checked(_ base: String) throws(AppFailure) -> String {
        let lower = base.lowercased()
        let scheme = ["http://", "https://"].first { lower.hasPrefix($0) }
        let rest = base.utf8.dropFirst(scheme?.utf8.count ?? 0)
        let isPlain = rest.allSatisfy { (0x21...0x7E).contains($0) && !"?#@\\\"<>".utf8.contains($0) }
        guard scheme != nil, isPlain, let first = rest.first, first != UInt8(ascii: "/") else {
            throw AppFailure(
                "FERRY_SECRET_\(baseName) is no address of a model server; give one like http://127.0.0.1:11434/v1, "
                    + "without user, query and fragment")
        }
        var address = base[...]
        while address.utf8.last == UInt8(ascii: "/") { address.removeLast() }
        return String(address)
    }

    private static func trimmed(_ text: String) -> String {
        let isSpace: (UInt8) -> Bool = { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
        let start = text.utf8.drop(while: isSpace)
        let length = start.count - start.reversed().prefix(while: isSpace).count
        return String(decoding: start.prefix(length), as: UTF8.self)
    }
}
