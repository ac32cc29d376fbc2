// SPDX-License-Identifier: Apache-2.0

import FerryWire
import Synchronization

/// An ``App`` behind JSON: its schemas derived, its inputs read and its outputs written.
final class TypedApp<Base: App>: HostedApp {
    let manifest: AppManifest
    private let functions: [String: AppFunction<Base>]
    /// The app; what the setup changed is in it once that has ended.
    private let base: Mutex<Base>

    /// - Throws: ``AppFailure`` when the app's own declarations contradict each other.
    init(_ app: Base) throws {
        let info = Base.manifest
        let main = AppFunction<Base>("run", info.runDescription) {
            (app: Base, input: Base.Input, context: TaskContext<Base.Output>) in
            try await app.run(input, context: context)
        }
        var functions: [String: AppFunction<Base>] = [:]
        var schemas: [String: FunctionSchema] = [:]
        for function in [main] + Base.functions {
            guard functions.updateValue(function, forKey: function.name) == nil else {
                throw AppFailure("\(info.reference) has two functions called \(function.name)")
            }
            schemas[function.name] = try function.schema()
        }
        let parts = info.reference.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
        let setup: JSONValue? = Base.Setup.self == NoSetup.self ? nil : try FieldSchema.object(Base.Setup.self, .input)
        manifest = AppManifest(
            namespace: parts.count > 1 ? parts[0] : "", name: parts.last ?? "", version: info.version,
            description: info.description, category: info.category, functions: schemas,
            defaultFunction: info.defaultFunction, setup: setup, secrets: info.secrets)
        self.functions = functions
        base = Mutex(app)
    }

    private var app: Base { base.withLock { $0 } }

    func setUp(_ setup: JSONValue, context: SetupContext) async throws {
        let value = try FieldReader(what: "the setup").value(Base.Setup.self, from: setup.isNull ? [:] : setup)
        var copy = app
        try await copy.setup(value, context: context)
        let ready = copy
        base.withLock { $0 = ready }
    }

    func run(function: String, input: JSONValue, scope: TaskScope) async throws -> JSONValue {
        guard let function = functions[function] else {
            throw AppFailure("\(manifest.reference) has no function \(function)", code: .unknownFunction)
        }
        let app = app
        return try await function.call(app, input, scope)
    }

    func cancel() async {
        let app = app
        await app.onCancel()
    }

    func unload() async {
        let app = app
        await app.unload()
    }
}
