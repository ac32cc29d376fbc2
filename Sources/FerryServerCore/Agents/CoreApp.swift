// SPDX-License-Identifier: Apache-2.0

internal import FerryWire

/// A function of an app that can answer in chats: it takes text and gives a response.
struct CoreApp: Sendable {
    let app: AppDTO
    let function: AppFunctionDTO

    /// The function of an app that answers: the one that was named, else the default one, else `chat`.
    ///
    /// - Throws: `WireFormatError` with the place in an agent's configuration, if it has none with the fields of
    ///   language models.
    init(_ app: AppDTO, function name: String?) throws(WireFormatError) {
        let candidates = name.map { [$0] } ?? [app.defaultFunction, "chat"]
        for candidate in candidates {
            guard let function = app.function(named: candidate) else { continue }
            if Self.answers(function) {
                self.app = app
                self.function = function
                return
            }
        }
        throw WireFormatError(
            pointer: JSONPointer(tokens: ["core_app"]),
            reason: "\(app.reference) cannot answer in a chat: it needs an input `text` and an output `response`")
    }

    private static func answers(_ function: AppFunctionDTO) -> Bool {
        // An app without schemas takes and gives anything.
        let input = JSONSchema(function.inputSchema)
        let output = JSONSchema(function.outputSchema)
        return (input.isEmpty || input.member("text") != nil)
            && (output.isEmpty || output.member("response") != nil)
    }
}
