// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FerryClient
import FerryWire

/// `ferry app get`
struct AppGet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Show an app, its functions and what they take.",
        discussion: "Example: ferry app get image-processor")

    @Argument(help: ArgumentHelp("namespace/name, or name alone where that is unambiguous.", valueName: "app"))
    var app: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let console = output.console
        let record = try await connection.connected(console) { try await $0.apps.get(app) }
        switch console.format {
        case .json: try await console.json(record.json)
        case .quiet: try await console.line(record.reference)
        case .human: try await console.lines(Self.lines(record))
        }
    }

    /// What is printed for people.
    static func lines(_ app: AppDTO) -> [String] {
        var details = Details()
        details.add("App", app.reference)
        details.add("Description", app.description)
        details.add("Category", app.category)
        details.add("Version", app.versionID)
        var lines = details.lines
        for function in app.functions {
            let isDefault = function.name == app.defaultFunction && app.functions.count > 1
            lines += ["", "Function \(Printable.line(function.name))\(isDefault ? " (default)" : "")"]
            if !function.description.isEmpty { lines.append("  \(Printable.line(function.description))") }
            lines += fields("Input", function.inputSchema) + fields("Output", function.outputSchema)
        }
        let setup = fields("Setup", app.setupSchema)
        return setup.isEmpty ? lines : lines + ["", "Setup of a worker"] + setup
    }

    private static func fields(_ title: String, _ schema: JSONValue) -> [String] {
        let reader = SchemaReader(schema)
        let whole = reader.resolved(schema)
        guard let properties = whole["properties"]?.objectValue, !properties.isEmpty else { return [] }
        let required = Set(whole["required"]?.arrayValue?.compactMap(\.stringValue) ?? [])
        var table = Table(["  \(title.uppercased())", "TYPE", "", "DESCRIPTION"])
        for (name, field) in properties {
            let state =
                required.contains(name) ? "required" : reader.defaultText(of: field).map { "default \($0)" } ?? ""
            table.add([
                "  \(name)", reader.type(of: field), state,
                reader.resolved(field)["description"]?.stringValue ?? "",
            ])
        }
        return [""] + table.lines
    }
}
