// SPDX-License-Identifier: Apache-2.0

import FerryClient

/// Says what the SDK says in the words of the command line.
///
/// The SDK's messages name its own options and calls, which nobody can type, and begin with the status of an answer.
enum Wording {
    /// The SDK's words and ours. Longer ones stand before those that they hold.
    private static let words: [(String, String)] = [
        ("give another name by the option filename", "give another name with --filename"),
        ("the option contentType", "--content-type"),
        ("to upload a file use upload(path:), to upload the text itself pass its bytes", "name a file, or use -"),
        ("if you mean it, give it as FileInput.path", "if you mean it, give it with --file"),
        ("give a local file as AgentFile.path", "give the path of a local file"),
        ("give its file (caFile)", "give its file with --ca-file"),
        ("caFile", "--ca-file"),
        ("set INFERENCE_API_KEY, or use Ferry(apiKey:baseURL:)", "set INFERENCE_API_KEY, or run: ferry login"),
        ("the option expiresIn", "--expires-in"),
        (", the limit (maximumInlineSize)", ", the limit"),
        ("raise maximumSize or download to a path", "download it to a file"),
        ("choose another name or allow overwriting", "use --force to replace it, or another -o"),
        ("check that the base address is an API server", "check that --base-url names an API server"),
        ("POST /apps/list or `ferry app list`", "ferry app list"),
        ("POST /agents/list or `ferry agent list`", "ferry agent list"),
    ]

    /// Members of a request to run an app, and the flags that set them.
    private static let members = [
        ("run_at", "run-at"), ("session_timeout", "session-timeout"), ("session", "session"), ("webhook", "webhook"),
        ("setup", "setup"),
    ]

    /// Members of a message to an agent, and where the command line has them.
    private static let places = [
        ("/text", "TEXT"), ("/result", "RESULT"), ("/agent", "AGENT"), ("/agent_config/core_app/ref", "--core-app"),
        ("/agent_config/core_app", "--core-app"), ("/agent_config/output_schema", "--schema"),
        ("/context", "--context"),
    ]

    /// The error's message for people at a command line.
    static func message(of error: FerryError) -> String {
        var message = withFileNumbers(error.message)
        for (theirs, ours) in words { message = message.replacing(theirs, with: ours) }
        guard let status = error.status else { return message }
        message = withoutStatus(status, message, isExplained: error.serverCode != nil)
        for (member, flag) in members where message.hasPrefix("/\(member):") {
            return "--\(flag)\(message.dropFirst(1 + member.count))"
        }
        // The server counts places from the request's root, where nobody at a command line has put anything.
        if message.hasPrefix("/input/") { message = String(message.dropFirst("/input".count)) }
        let schema = "/agent_config/output_schema/"
        if message.hasPrefix(schema) { return "--schema \(message.dropFirst(schema.count - 1))" }
        for (member, place) in places where message.hasPrefix("\(member):") {
            return "\(place)\(message.dropFirst(member.count))"
        }
        return message
    }

    /// The message with the number of a file, counted as people count, in place of its place in a message to an agent.
    private static func withFileNumbers(_ message: String) -> String {
        for place in ["/input/attachments/", "/attachments/"] {
            guard let range = message.firstRange(of: place) else { continue }
            let rest = message[range.upperBound...]
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            guard let index = Int(digits), index < 1000, rest.dropFirst(digits.count).hasPrefix(": ") else { continue }
            return "\(message[..<range.lowerBound])file \(index + 1)\(rest.dropFirst(digits.count))"
        }
        return message
    }

    /// A list's message with the flags in place of the request's members, such as `/filters/0/field`.
    static func ofList(_ message: String) -> String {
        for member in ["filter", "sort", "search", "limit", "cursor"] {
            guard let place = message.firstRange(of: "/\(member)"),
                let colon = message[place.upperBound...].firstIndex(of: ":")
            else { continue }
            return "\(message[..<place.lowerBound])--\(member)\(message[colon...])"
        }
        return message
    }

    /// The message without the number of the status, which explains nothing where the server has explained itself.
    private static func withoutStatus(_ status: Int, _ message: String, isExplained: Bool) -> String {
        guard let place = message.firstRange(of: "\(status)") else { return message }
        let before = message[..<place.lowerBound]
        // Only where the SDK puts it: at the start, or behind the place in the input and the words in front of it.
        guard before.isEmpty || before.hasSuffix(": ") else { return message }
        let rest = message[place.upperBound...]
        guard rest.utf8.first == UInt8(ascii: " ") else { return "\(before)the server answered \(status)\(rest)" }
        return isExplained ? "\(before)\(rest.dropFirst())" : "\(before)the server answered \(status):\(rest)"
    }
}
