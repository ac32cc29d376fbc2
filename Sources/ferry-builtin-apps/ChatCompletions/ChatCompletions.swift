// SPDX-License-Identifier: Apache-2.0

import FerryApp
import FerryWire

#if canImport(Musl)
import Musl
#elseif canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Lets a language model answer that a server of the chat completions protocol serves: llama.cpp, vLLM, Ollama and others.
///
/// Which server that is, the operator says by the secrets of ``ModelServerSettings``, and nobody else.
struct ChatCompletions: App {
    static let manifest = AppInfo(
        "ferry/chat-completions", version: "1.0.0",
        description: "Asks the language model of a server that speaks the chat completions protocol.",
        category: "text", run: "Answers one turn of a chat; sees images, reads texts and PDFs, calls tools.",
        secrets: ModelServerSettings.secrets)

    typealias Input = LLMInput
    typealias Output = LLMOutput

    func run(_ input: LLMInput, context: TaskContext<LLMOutput>) async throws -> LLMOutput {
        let settings = try ModelServerSettings { name in getenv(name).map { String(cString: $0) } }
        let server = ModelServer(settings)
        let options = try RequestOptions.members(of: input)
        let messages = try await ChatMessages.make(of: input)
        let named = (input.model ?? "").utf8.isEmpty ? settings.model : input.model
        let model = if let named { named } else { try await server.firstModel() }
        let body = try await BlockingWork.run { flag in
            try RequestWriter.body(model: model, messages: messages, options: options, flag: flag)
        }
        return try await server.complete(body) { delta in await context.delta(delta) }
    }
}
