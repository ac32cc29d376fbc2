// SPDX-License-Identifier: Apache-2.0

import FerryWire

/// A function of an app beside ``App/run(_:context:)``.
///
/// ```swift
/// static var functions: [AppFunction<Resize>] { [.init("caption", "Describes a picture.", caption)] }
///
/// func caption(_ input: CaptionInput, context: TaskContext<CaptionOutput>) async throws -> CaptionOutput
/// ```
public struct AppFunction<Owner: App>: Sendable {
    /// What callers call it.
    public let name: String
    /// What it does, for people; may be empty.
    public let description: String
    let schema: @Sendable () throws -> FunctionSchema
    let call: @Sendable (Owner, JSONValue, TaskScope) async throws -> JSONValue

    /// A function that is a method of a struct or class.
    ///
    /// - Parameters:
    ///   - name: what callers call it.
    ///   - description: what it does, for people.
    ///   - method: the method, as named in the type.
    public init<Input: AppInput, Output: AppOutput>(
        _ name: String, _ description: String = "",
        _ method: @escaping @Sendable (Owner) -> @Sendable (Input, TaskContext<Output>) async throws -> Output
    ) {
        self.init(name, description) { (app: Owner, input: Input, context: TaskContext<Output>) in
            try await method(app)(input, context)
        }
    }

    /// A function that is a closure, for actors among others.
    ///
    /// - Parameters:
    ///   - name: what callers call it.
    ///   - description: what it does, for people.
    ///   - body: the function; its parameters' types tell the schemas.
    public init<Input: AppInput, Output: AppOutput>(
        _ name: String, _ description: String = "",
        body: @escaping @Sendable (Owner, Input, TaskContext<Output>) async throws -> Output
    ) {
        self.name = name
        self.description = description
        schema = { try FunctionSchema(input: Input.self, output: Output.self, description: description) }
        call = { app, json, scope in
            let input = try FieldReader().value(Input.self, from: json)
            let output = try await body(app, input, TaskContext<Output>(scope: scope))
            return try await FieldWriter.output(output, into: scope.outputDirectory)
        }
    }
}

extension FunctionSchema {
    init(input: any AppInput.Type, output: any AppOutput.Type, description: String) throws {
        self.init(
            input: try FieldSchema.object(input, .input), output: try FieldSchema.object(output, .output),
            description: description)
    }
}
