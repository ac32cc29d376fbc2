// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Yams

/// An `agent.yml`: the keys of an agent's configuration, and the two parts of its reference.
struct AgentSettings: Sendable {
    static let filename = "agent.yml"

    var namespace: String
    var name: String
    var config: AgentConfig
    /// What somebody may have meant otherwise.
    var warning: String?

    /// The keys of a configuration, of which this version leaves some alone, and the first part of the reference.
    static let keys = KnownKeys(names: [
        "namespace", "name", "description", "system_prompt", "example_prompts", "core_app", "tools", "skills",
        "context", "internal_tools", "permissions", "hooks", "output_schema",
    ])

    /// Reads an `agent.yml`. Keys that mean nothing here are left alone, and ``warning`` names them.
    ///
    /// - Throws: ``AppFolderProblem`` that names the key.
    init(yaml bytes: [UInt8]) throws(AppFolderProblem) {
        guard let root = try YAMLFile(name: Self.filename).root(of: bytes), root.mapping != nil else {
            throw AppFolderProblem("agent.yml holds no keys; it needs at least namespace, name and core_app")
        }
        var budget = Self.maximumValues
        let json = try Self.json(root, &budget)
        func reference(_ key: String) throws(AppFolderProblem) -> String {
            guard let value = json[key], !value.isNull else { throw AppFolderProblem("agent.yml lacks the key \(key)") }
            let rule = "it may hold letters, digits, '-', '_' and '.' alone, at most 128"
            guard let text = value.stringValue else {
                throw AppFolderProblem(
                    "agent.yml: \(key) is of the type \(value.kind), not text; \(rule), and a number stands in quotes")
            }
            guard AppReference("\(text)/\(text)") == AppReference(namespace: text, name: text) else {
                let isLong = text.utf8.count > 128
                let shown = JSONValue.string(isLong ? String(text.unicodeScalars.prefix(40)) + "…" : text)
                // An indented line goes on with the value of the line above, where somebody meant a key.
                let hint =
                    text.unicodeScalars.contains { $0.properties.isWhitespace }
                    ? "; an indented line below belongs to the value above it" : ""
                throw AppFolderProblem("agent.yml: \(key) is \(shown), but \(rule)\(hint)")
            }
            return text
        }
        namespace = try reference("namespace")
        name = try reference("name")
        do throws(WireFormatError) {
            config = try AgentConfig(json: json)
        } catch {
            throw AppFolderProblem("agent.yml: \(error)")
        }
        warning = Self.keys.warning(of: json.objectValue?.keys.map { $0 } ?? [])
        guard let core = config.coreApp, AppReference(core.ref) != nil else {
            throw AppFolderProblem("agent.yml lacks the key core_app; name the app that answers, as namespace/name")
        }
    }

    /// Most values of one file; aliases can spell many. 10,000.
    private static let maximumValues = 10_000

    private static func json(_ node: Node, _ budget: inout Int) throws(AppFolderProblem) -> JSONValue {
        budget -= 1
        guard budget > 0 else { throw AppFolderProblem("agent.yml holds more than \(maximumValues) values") }
        switch node {
        case .scalar(let scalar): return value(node, scalar)
        case .sequence(let sequence):
            var elements: [JSONValue] = []
            for element in sequence { elements.append(try json(element, &budget)) }
            return .array(elements)
        case .mapping(let mapping):
            var object = JSONObject()
            for (key, value) in mapping {
                guard let name = key.scalar?.string else { throw AppFolderProblem("agent.yml: a key is no text") }
                object[name] = try json(value, &budget)
            }
            return .object(object)
        default: throw AppFolderProblem("agent.yml holds an alias that leads nowhere")
        }
    }

    private static func value(_ node: Node, _ scalar: Node.Scalar) -> JSONValue {
        // What stands in quotes or in a block is text, whatever it looks like.
        guard scalar.style == .plain || scalar.style == .any else { return .string(scalar.string) }
        if node.null != nil { return .null }
        if let bool = node.bool { return .bool(bool) }
        if let int = node.int { return .integer(Int64(int)) }
        if let number = node.float, number.isFinite { return .double(number) }
        return .string(scalar.string)
    }
}
